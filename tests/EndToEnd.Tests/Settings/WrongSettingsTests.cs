using InterCluster.EndToEnd.Tests.Support;

namespace InterCluster.EndToEnd.Tests.Settings;

/// <summary>A mistake in the settings ends the start with code 2, before anything listens, and names every mistake at once.</summary>
public sealed class WrongSettingsTests
{
    private static readonly string[] Keys =
    [
        "InterCluster:Gateway:Listen", "InterCluster:Control:Listen", "InterCluster:Workers:MaxConcurrency", "InterCluster:Dispatcher:SweepPeriod",
        "InterCluster:Control:GatewayUrl", "StartsPerSecond", "InterCluster:Runs:MaxAsyncBodyBytes", "InterCluster:Stalls:Period",
    ];

    private static readonly string[] Arguments = ["--nonsense", "--roles", "--config"];

    [Fact]
    public async Task Wrong_settings_are_all_named_at_once()
    {
        string output = await RefusedAsync(
            "--listen", "http://nowhere.example:80", "--control", "ftp://127.0.0.1:1",
            "--set", "InterCluster:Workers:Lease=00:00:00",
            "--set", "InterCluster:Workers:MaxConcurrency=many",
            "--set", "InterCluster:Dispatcher:SweepPeriod=1.00:00:00",
            "--set", "InterCluster:Control:GatewayUrl=gateway",
            "--set", "InterCluster:Replicas:StartsPerSecond=0",
            "--set", "InterCluster:Runs:MaxAsyncBodyBytes=-1",
            "--set", "InterCluster:Stalls:Period=0");

        Assert.All(Keys, key => Assert.Contains(key, output, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_that_nothing_reads_are_all_named_at_once_wherever_they_stand()
    {
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, """{ "InterCluster": { "Gateway": { "MaxConections": 5 }, "Gatway": { "Listen": [ "http://127.0.0.1:1" ] } } }""");
        string output = await RefusedWithAsync(
            new() { ["InterCluster__Runs__MaxAsyncBodyByte"] = "5", ["InterCluster__Workers"] = "many" },
            "--config", file, "--set", "InterCluster:Nonsense=secret", "--set", "InterCluster:Stalls:Period=0", "--listen", "http://127.0.0.1:0");

        File.Delete(file);
        Assert.Contains("InterCluster:Gateway:MaxConections: there is no such setting; did you mean InterCluster:Gateway:MaxConnections?", output, StringComparison.Ordinal);
        Assert.Contains("InterCluster:Gatway:Listen:0: there is no such setting", output, StringComparison.Ordinal);
        Assert.Contains("did you mean InterCluster:Runs:MaxAsyncBodyBytes?", output, StringComparison.Ordinal);
        Assert.Contains("InterCluster:Workers: there is no such setting", output, StringComparison.Ordinal);
        Assert.Contains("InterCluster:Nonsense: there is no such setting", output, StringComparison.Ordinal);
        Assert.Contains("InterCluster:Stalls:Period", output, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", output, StringComparison.Ordinal);
        Assert.DoesNotContain("InterCluster:Gateway:Listen:0: there", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--nonsense", "--nonsense")]
    [InlineData("--roles=gateway", "gateway")]
    [InlineData("--set=InterCluster", "KEY=VALUE")]
    [InlineData("--config=/nowhere/settings.json", "/nowhere/settings.json")]
    [InlineData("--listen", "--listen needs a value")]
    public async Task Wrong_argument_is_named(string argument, string named) =>
        Assert.Contains(named, await RefusedAsync(argument), StringComparison.Ordinal);

    [Fact]
    public async Task Wrong_arguments_are_all_named_at_once()
    {
        string output = await RefusedAsync("--nonsense=1", "--roles=gateway", "--config=/nowhere/settings.json");

        Assert.All(Arguments, name => Assert.Contains(name, output, StringComparison.Ordinal));
    }

    private static Task<string> RefusedAsync(params string[] arguments) => RefusedWithAsync([], arguments);

    private static async Task<string> RefusedWithAsync(Dictionary<string, string> environment, params string[] arguments)
    {
        string data = Directory.CreateTempSubdirectory("intercluster-e2e-").FullName;
        try
        {
            await using ServerProcess server = ServerProcess.Start(["--data", data, .. arguments], environment);
            int code = await server.ExitAsync(Until.Patience);
            Assert.True(code == 2, $"{code}: {server.Output}");
            return server.Output;
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }
}
