using System.Diagnostics.Metrics;

namespace InterCluster.Api.Auth;

/// <summary>Counts verifications. A remembered token is not counted: that path does nothing it does not have to.</summary>
internal sealed class AuthMetrics
{
    private readonly Counter<long> _verifications;

    public AuthMetrics(IMeterFactory meters, RememberedTokens remembered)
    {
        Meter meter = meters.Create("InterCluster");
        _verifications = meter.CreateCounter<long>("intercluster.auth.verifications", "{token}", "Tokens that were verified, by result.");
        meter.CreateObservableGauge("intercluster.auth.remembered_tokens", () => remembered.Count, "{token}", "Verified tokens that are remembered.");
    }

    public void Verified() => _verifications.Add(1, new KeyValuePair<string, object?>("result", "verified"));

    public void Refused(string reason) => _verifications.Add(1, new KeyValuePair<string, object?>("result", reason));
}
