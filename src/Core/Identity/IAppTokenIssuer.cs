using InterCluster.Core.Naming;

namespace InterCluster.Core.Identity;

/// <summary>Makes the tokens that apps get from us, to call other apps of their project. Scopes: invoke, read and runs.</summary>
public interface IAppTokenIssuer
{
    /// <summary>A token that names the app as its caller.</summary>
    /// <param name="app">The app.</param>
    /// <param name="lifetime">At most 24 hours (RELIABILITY J06).</param>
    string Issue(AppId app, TimeSpan lifetime);
}
