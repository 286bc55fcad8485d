using System.Diagnostics.CodeAnalysis;
using InterCluster.Core.Naming;

namespace InterCluster.Core.Admission;

/// <summary>The admissions of all deployed apps. One per app, for as long as it is deployed.</summary>
public interface IAdmissionDirectory
{
    /// <summary>The app's admission.</summary>
    bool TryGet(AppId app, [NotNullWhen(true)] out IAdmission? admission);

    /// <summary>All of them.</summary>
    IReadOnlyCollection<IAdmission> All { get; }

    /// <summary>The app's admission, made with these limits when there is none, else reconfigured.</summary>
    IAdmission GetOrAdd(AppId app, AdmissionPolicy policy);

    /// <summary>Closes the app's admission and takes it out.</summary>
    void Remove(AppId app);
}
