using InterCluster.Core.Apps;

namespace InterCluster.Core.Tests.Apps;

/// <summary>RELIABILITY I34 to I36: what a deploy may not ask for.</summary>
public sealed class RuntimeRulesTests
{
    private static readonly RuntimeConfig Good = new() { Folder = "/srv/app", Entrypoint = ["python3", "main.py"], ReadycheckEndpoint = "/ready" };

    [Fact]
    public void A_usual_app_is_fine() => Assert.Empty(RuntimeRules.Check(Good with { Environment = new Dictionary<string, string> { ["MODE"] = "x=y;$z\n" } }));

    [Theory]
    [InlineData("; rm -rf /")]
    [InlineData("$(id)")]
    [InlineData("`id`")]
    [InlineData("a & b | c")]
    [InlineData("a\nb")]
    [InlineData("\"'\\")]
    [InlineData("-rf")]
    [InlineData("%PATH%")]
    [InlineData("../../etc/passwd")]
    public void Arguments_are_data(string argument) => Assert.Empty(RuntimeRules.Check(Good with { Entrypoint = ["python3", argument] }));

    [Theory]
    [InlineData("run.bat")]
    [InlineData("RUN.CMD")]
    [InlineData("/srv/run.bat. ")]
    [InlineData("../../bin/sh")]
    [InlineData("bin/../../sh")]
    [InlineData("..\\sh")]
    [InlineData("")]
    [InlineData("a\0b")]
    public void A_program_that_needs_a_shell_or_leaves_the_folder_is_refused(string program) =>
        Assert.StartsWith("entrypoint: ", Assert.Single(RuntimeRules.Check(Good with { Entrypoint = [program] })), StringComparison.Ordinal);

    [Fact]
    public void Nul_in_an_argument_is_refused() => Assert.Single(RuntimeRules.Check(Good with { Entrypoint = ["x", "a\0b"] }));

    [Theory]
    [InlineData(null)]
    [InlineData("relative")]
    [InlineData("/srv/../etc")]
    [InlineData("/srv\0")]
    public void A_folder_is_absolute_and_plain(string? folder) =>
        Assert.StartsWith("folder: ", Assert.Single(RuntimeRules.Check(Good with { Folder = folder })), StringComparison.Ordinal);

    [Theory]
    [InlineData("LD_PRELOAD")]
    [InlineData("LD_LIBRARY_PATH")]
    [InlineData("ld_preload")]
    [InlineData("DYLD_INSERT_LIBRARIES")]
    [InlineData("DOTNET_STARTUP_HOOKS")]
    [InlineData("ASPNETCORE_URLS")]
    [InlineData("CORECLR_PROFILER_PATH")]
    [InlineData("CORECLR_ENABLE_PROFILING")]
    [InlineData("PATH")]
    [InlineData("HOME")]
    [InlineData("PORT")]
    [InlineData("INTERCLUSTER_TOKEN")]
    [InlineData("INTERCLUSTER_ANYTHING")]
    [InlineData("A=B")]
    [InlineData("")]
    [InlineData("1A")]
    [InlineData("A B")]
    [InlineData("A\0")]
    [InlineData("Ä")]
    public void A_variable_that_changes_what_is_loaded_or_is_ours_is_refused(string name)
    {
        RuntimeConfig runtime = Good with { Environment = new Dictionary<string, string> { [name] = "x" } };

        Assert.StartsWith("environment: ", Assert.Single(RuntimeRules.Check(runtime)), StringComparison.Ordinal);
        Assert.False(EnvironmentRules.IsAllowed(name));
    }

    [Fact]
    public void Nul_in_a_value_is_refused() =>
        Assert.Single(RuntimeRules.Check(Good with { Environment = new Dictionary<string, string> { ["A"] = "x\0y" } }));

    [Theory]
    [InlineData("ready")]
    [InlineData("//elsewhere/ready")]
    [InlineData("/a b")]
    [InlineData("/a\r\nHost: x")]
    public void A_probe_path_begins_with_one_slash_and_is_printable(string path) =>
        Assert.Single(RuntimeRules.Check(Good with { HealthcheckEndpoint = path }));

    [Theory]
    [InlineData("http://10.0.0.1:80", true)]
    [InlineData("https://host:8443", true)]
    [InlineData("http://[::1]:80", true)]
    [InlineData("http://host:80/", false)]
    [InlineData("http://host/path", false)]
    [InlineData("http://user:pass@host", false)]
    [InlineData("ftp://host", false)]
    [InlineData("host:80", false)]
    public void An_address_is_scheme_host_and_port(string address, bool fine) =>
        Assert.Equal(fine, RuntimeRules.Check(new RuntimeConfig { Addresses = [address] }).Count == 0);

    [Fact]
    public void Every_mistake_is_named_at_once()
    {
        var runtime = new RuntimeConfig
        {
            Entrypoint = ["x.bat"],
            Folder = "x",
            HealthcheckEndpoint = "x",
            Environment = new Dictionary<string, string> { ["PATH"] = "x" },
        };

        Assert.Equal(4, RuntimeRules.Check(runtime).Count);
    }

    [Fact]
    public void An_address_twice_or_beside_an_entrypoint_is_refused() =>
        Assert.Equal(2, RuntimeRules.Check(new RuntimeConfig { Addresses = ["http://a:1", "HTTP://A:1"], Entrypoint = ["x"] }).Count);
}
