using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using InterCluster.Core.Gateways;
using InterCluster.Core.Naming;

namespace InterCluster.Core.Admission;

/// <summary>The directory itself. Readers take no lock.</summary>
/// <param name="time">The clock of all queues.</param>
/// <param name="random">For the algorithms that draw; used by many threads at once, so it must be thread-safe, as <see cref="Random.Shared"/> is.</param>
/// <param name="lease">Asked before a slot is given out; null for a store of one process, which has no other gateway.</param>
public sealed class AdmissionDirectory(TimeProvider time, Random random, GatewayLease? lease = null) : IAdmissionDirectory
{
    private readonly Lock _writing = new();
    private readonly ConcurrentDictionary<AppId, AppAdmission> _admissions = new();

    /// <inheritdoc/>
    public IReadOnlyCollection<IAdmission> All => [.. _admissions.Values];

    /// <inheritdoc/>
    public bool TryGet(AppId app, [NotNullWhen(true)] out IAdmission? admission)
    {
        bool found = _admissions.TryGetValue(app, out AppAdmission? value);
        admission = value;
        return found;
    }

    /// <inheritdoc/>
    public IAdmission GetOrAdd(AppId app, AdmissionPolicy policy)
    {
        lock (_writing)
        {
            if (_admissions.TryGetValue(app, out AppAdmission? admission))
            {
                admission.Configure(policy);
                return admission;
            }

            return _admissions[app] = new AppAdmission(app, policy, time, random, lease);
        }
    }

    /// <inheritdoc/>
    public void Remove(AppId app)
    {
        lock (_writing)
        {
            if (_admissions.TryRemove(app, out AppAdmission? admission))
            {
                admission.Close();
            }
        }
    }
}
