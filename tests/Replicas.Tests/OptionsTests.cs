using Microsoft.Extensions.Options;

namespace InterCluster.Replicas.Tests;

public sealed class OptionsTests
{
    [Fact]
    public void Every_mistake_is_named_at_once()
    {
        var settings = new Dictionary<string, string?> { ["HealthFailures"] = "0", ["GatewayUrl"] = "nonsense", ["FirstPort"] = "30000", ["LastPort"] = "20000" };

        OptionsValidationException error = Assert.Throws<OptionsValidationException>(() => new Server.TestFleet(Path.GetTempPath(), settings));

        Assert.Equal(3, error.Failures.Count());
        Assert.Contains(error.Failures, f => f.Contains("HealthFailures", StringComparison.Ordinal));
        Assert.Contains(error.Failures, f => f.Contains("GatewayUrl", StringComparison.Ordinal));
        Assert.Contains("InterCluster:Replicas:FirstPort (30000) must not be above InterCluster:Replicas:LastPort (20000)", error.Failures);
    }
}
