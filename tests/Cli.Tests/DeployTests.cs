using InterCluster.Core.Replicas;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Tests;

public sealed class DeployTests
{
    private const string Words = "/api/v1/projects/p-local/apps/words";
    private const string Toml = "[intercluster.deployment]\nname = \"words\"\n";

    [Fact]
    public async Task Deploy_puts_the_file_with_its_folder()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Write("my app/intercluster.toml", Toml);
        cli.Server.On($"PUT {Words}", Views.App());

        Outcome outcome = await cli.RunAsync("deploy", "my app");

        Arrived put = cli.Server.Only;
        Assert.Equal(0, outcome.Exit);
        Assert.Equal($"{Words}?folder={Uri.EscapeDataString(Path.Combine(cli.Directory, "my app"))}", put.PathAndQuery);
        Assert.Equal((Toml, "application/toml; charset=utf-8"), (put.Body, put.Header("Content-Type")));
        Assert.Contains("revision\t3\n", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("url\thttp://127.0.0.1:8080/v4/p-local/words\n", outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Own_file_is_preferred_and_the_other_products_file_is_understood()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Write("cerebrium.toml", "[cerebrium.deployment]\nname = \"words\"\n");
        cli.Server.On($"PUT {Words}", Views.App());

        Outcome other = await cli.RunAsync("deploy");
        cli.Write("intercluster.toml", Toml);
        Outcome own = await cli.RunAsync("deploy");

        Assert.Equal((0, 0), (other.Exit, own.Exit));
        Assert.Equal(["[cerebrium.deployment]", "[intercluster.deployment]"], cli.Server.Requests.Select(r => r.Body.Split('\n')[0]));
    }

    [Fact]
    public async Task Name_can_be_given_for_another_app_from_the_same_file()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        string file = cli.Write("x.toml", Toml);
        cli.Server.On("PUT /api/v1/projects/p-local/apps/canary", Views.App("canary"));

        Outcome outcome = await cli.RunAsync("deploy", file, "--name", "canary");

        Assert.Equal(0, outcome.Exit);
    }

    [Fact]
    public async Task Keys_without_meaning_are_named_beside_the_result()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Write("intercluster.toml", Toml);
        cli.Server.On($"PUT {Words}", Views.App(notApplicable: ["cerebrium.deployment.include", "cerebrium.hardware.region"]));

        Outcome outcome = await cli.RunAsync("deploy", "--json");

        Assert.Contains("cerebrium.deployment.include, cerebrium.hardware.region", outcome.Error, StringComparison.Ordinal);
        using var json = System.Text.Json.JsonDocument.Parse(outcome.Out);
        Assert.Equal(3, json.RootElement.GetProperty("revision").GetInt32());
    }

    [Fact]
    public async Task Every_mistake_of_a_refused_file_is_shown()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        string file = cli.Write("intercluster.toml", Toml);
        cli.Server.OnProblem($"PUT {Words}", 400, "invalid_request", "port: missing", ["port: missing", "max_replicas: -1 is below 1"]);

        Outcome outcome = await cli.RunAsync("deploy");

        Assert.Equal((2, ""), (outcome.Exit, outcome.Out));
        Assert.Equal(
            $"error: {file} was refused: it has 2 mistakes. [invalid_request]\n  - port: missing\n  - max_replicas: -1 is below 1\n"
            + "  Nothing was changed. docs/apps.md lists the keys.\n",
            outcome.Error);
    }

    [Theory]
    [InlineData("[intercluster.deployment]\n", "names no app")]
    [InlineData("name = = 1", "is not TOML")]
    public async Task File_that_cannot_be_sent_is_a_usage_error(string toml, string why)
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Write("intercluster.toml", toml);

        Outcome outcome = await cli.RunAsync("deploy");

        Assert.Equal(2, outcome.Exit);
        Assert.Contains(why, outcome.Error, StringComparison.Ordinal);
        Assert.Empty(cli.Server.Requests);
    }

    [Fact]
    public async Task Folder_without_a_file_says_which_it_looked_for()
    {
        await using CliHarness cli = await CliHarness.StartAsync();

        Outcome outcome = await cli.RunAsync("deploy");

        Assert.Equal(2, outcome.Exit);
        Assert.Contains("no intercluster.toml or cerebrium.toml", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wait_ends_when_the_new_revision_has_its_replicas_whatever_the_old_ones_do()
    {
        await using CliHarness cli = await CliHarness.StartAsync(new SkippingTime(CliHarness.Now));
        cli.Write("intercluster.toml", Toml);
        cli.Server.On($"PUT {Words}", Views.App(min: 1));
        int asked = 0;
        ReplicaView old = Views.Replica(ReplicaState.Ready, revision: 2);
        cli.Server.On($"GET {Words}/replicas", c => FakeServer.WriteAsync(
            c, 200, "application/json", new ReplicaListView(1, false, [old, Views.Replica(++asked < 3 ? ReplicaState.Starting : ReplicaState.Ready)])));

        Outcome outcome = await cli.RunAsync("deploy", "--wait");

        Assert.Equal((0, 3), (outcome.Exit, asked));
        Assert.Equal(
            ["words: 0 of 1 replicas of revision 3 ready (0s)", "words: 1 of 1 replicas of revision 3 ready (0s)"],
            outcome.Error.Split('\n').Where(l => l.StartsWith("words:", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Wait_gives_up_at_once_on_a_crash_loop_and_says_why()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Write("intercluster.toml", Toml);
        cli.Server.On($"PUT {Words}", Views.App(min: 1));
        cli.Server.On($"GET {Words}/replicas", new ReplicaListView(1, true, [Views.Replica(ReplicaState.Crashed, detail: "exit code 1")]));

        Outcome outcome = await cli.RunAsync("deploy", "--wait");

        Assert.Equal(1, outcome.Exit);
        Assert.Contains("error: words crash-loops: exit code 1.", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wait_for_an_app_that_rests_at_zero_is_over_at_once()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Write("intercluster.toml", Toml);
        cli.Server.On($"PUT {Words}", Views.App(min: 0));

        Outcome outcome = await cli.RunAsync("deploy", "--wait");

        Assert.Equal(0, outcome.Exit);
        Assert.Single(cli.Server.Requests);
    }
}
