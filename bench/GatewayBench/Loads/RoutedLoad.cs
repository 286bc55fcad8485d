using InterCluster.Bench.Gateway.Contenders;

namespace InterCluster.Bench.Gateway.Loads;

/// <summary>Small requests spread over all the apps of the target.</summary>
internal sealed class RoutedLoad(int connections, int answerBytes) : ILoad
{
    public Task<LoadReport> RunAsync(Target target, int seconds, CancellationToken ct) => Of(target).RunAsync(target, seconds, ct);

    public Task VerifyAsync(Target target, CancellationToken ct) => Of(target).VerifyAsync(target, ct);

    private HttpLoad Of(Target target) => new("/", connections, answerBytes, "apps", $"{target.Apps}", Target.AppPrefix);
}
