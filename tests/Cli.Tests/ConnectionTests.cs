using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;

namespace InterCluster.Cli.Tests;

public sealed class ConnectionTests
{
    [Fact]
    public async Task Without_anything_it_is_the_local_server_and_its_project()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Environment.Clear();

        ConnectionSettings connection = Resolve(cli);

        Assert.Equal("http://127.0.0.1:8081/", connection.ControlUrl.ToString());
        Assert.Equal("http://127.0.0.1:8080/", connection.GatewayUrl.ToString());
        Assert.Equal(("p-local", null), (connection.Project, connection.Token));
    }

    [Fact]
    public async Task Option_beats_environment_beats_file_beats_admin_key()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Environment.Clear();
        cli.Write(".intercluster/admin-key", "admin-secret\n");
        Assert.Equal("admin-secret", Resolve(cli).Token);

        cli.Write(".intercluster/cli.json", "{\"project\":\"p-file\",\"token\":\"file\",\"gateway_url\":\"http://127.0.0.1:9000\"}");
        ConnectionSettings file = Resolve(cli);
        Assert.Equal(("p-file", "file", 9000), (file.Project, file.Token, file.GatewayUrl.Port));

        cli.Write("secret", "from-a-file");
        cli.Environment["INTERCLUSTER_TOKEN_FILE"] = "secret";
        Assert.Equal("from-a-file", Resolve(cli).Token);

        cli.Environment["INTERCLUSTER_TOKEN"] = "variable";
        cli.Environment["INTERCLUSTER_PROJECT"] = "p-env";
        Assert.Equal(("p-env", "variable"), (Resolve(cli).Project, Resolve(cli).Token));

        ConnectionSettings option = Resolve(cli, "--token", "option", "-p", "p-opt", "--url", "http://127.0.0.1:1", "--gateway", "https://x.example");
        Assert.Equal(("p-opt", "option", 1, "x.example"), (option.Project, option.Token, option.ControlUrl.Port, option.GatewayUrl.Host));
    }

    [Fact]
    public async Task Saved_token_is_of_its_project_only()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Environment.Clear();
        cli.Write(".intercluster/cli.json", "{\"project\":\"p-one\",\"token\":\"one\"}");
        cli.Write(".intercluster/admin-key", "admin");

        Assert.Equal("one", Resolve(cli, "-p", "p-one").Token);
        Assert.Equal("admin", Resolve(cli, "-p", "p-two").Token);
    }

    [Theory]
    [InlineData("--url")]
    [InlineData("--gateway")]
    public async Task Found_secret_is_never_sent_to_a_strangers_address(string option)
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Environment.Clear();
        cli.Write(".intercluster/admin-key", "admin");
        cli.Write(".intercluster/cli.json", "{\"project\":\"p-local\",\"token\":\"saved\",\"control_url\":\"http://known.example:8081\"}");

        Assert.Null(Resolve(cli, option, "http://stranger.example:8081").Token);
        Assert.Equal("saved", Resolve(cli, "--url", "http://known.example:8081").Token);
        Assert.Equal("mine", Resolve(cli, option, "http://stranger.example:8081", "--token", "mine").Token);
    }

    [Theory]
    [InlineData("--project", "local")]
    [InlineData("--project", "p-UPPER")]
    [InlineData("--url", "ftp://x")]
    [InlineData("--url", "8081")]
    [InlineData("--token", "two words")]
    public async Task Settings_that_cannot_be_are_usage_errors(string option, string value)
    {
        await using CliHarness cli = await CliHarness.StartAsync();

        Outcome outcome = await cli.RunAsync("apps", option, value);

        Assert.Equal(2, outcome.Exit);
        Assert.DoesNotContain("two words", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(cli.Server.Requests);
    }

    [Fact]
    public async Task Server_that_is_not_there_is_exit_3_with_a_way_out()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        await cli.Server.DisposeAsync();

        Outcome outcome = await cli.RunAsync("apps");

        Assert.Equal((3, ""), (outcome.Exit, outcome.Out));
        Assert.Contains("nothing listens there", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("intercluster serve", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Missing_token_is_told_apart_from_a_bad_one()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.OnProblem("GET /api/v1/projects/p-local/apps", 401, "unauthenticated");

        Outcome bad = await cli.RunAsync("apps");
        cli.Environment.Remove("INTERCLUSTER_TOKEN");
        Outcome none = await cli.RunAsync("apps");

        Assert.Equal((4, 4), (bad.Exit, none.Exit));
        Assert.Contains("The token (INTERCLUSTER_TOKEN) is not valid", bad.Error, StringComparison.Ordinal);
        Assert.Contains("No token was sent.", none.Error, StringComparison.Ordinal);
        Assert.Null(cli.Server.Requests[1].Header("Authorization"));
    }

    [Fact]
    public async Task Answer_of_something_else_is_not_taken_for_an_empty_list()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On("GET /api/v1/projects/p-local/apps", c => FakeServer.WriteAsync(c, 200, "text/html", "<html>"));

        Outcome outcome = await cli.RunAsync("apps");

        Assert.Equal((1, ""), (outcome.Exit, outcome.Out));
        Assert.Contains("not understood", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_writes_its_addresses_down_and_hands_its_options_to_the_server()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Environment.Clear();

        Outcome outcome = await cli.RunAsync(
            "serve", "--listen", "http://*:9080", "--listen", "http://10.0.0.1:80", "--roles", "api,workers", "--set", "A:B=1", "--", "--C:D=2");

        string folder = Path.Combine(cli.Directory, ".intercluster");
        Assert.Equal(0, outcome.Exit);
        Assert.Equal(
            [
                "--data", folder, "--control", "http://127.0.0.1:8081", "--set", "InterCluster:Control:GatewayUrl=http://127.0.0.1:9080",
                "--listen", "http://*:9080", "--listen", "http://10.0.0.1:80",
                "--roles", "api,workers", "--set", "A:B=1", "--set", "C:D=2",
            ],
            Assert.Single(cli.Served));
        Assert.Equal("http://127.0.0.1:9080/", Resolve(cli).GatewayUrl.ToString());
    }

    [Fact]
    public async Task Serve_listens_where_the_environment_says_that_the_server_is()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Environment["INTERCLUSTER_URL"] = "http://127.0.0.1:9000";
        cli.Environment["INTERCLUSTER_CONTROL_URL"] = "http://127.0.0.1:9001";

        await cli.RunAsync("serve", "--data", "elsewhere", "--set", "InterCluster:Control:GatewayUrl=https://gate.example");

        Assert.Equal(
            [
                "--data", Path.Combine(cli.Directory, "elsewhere"), "--control", "http://127.0.0.1:9001", "--listen", "http://127.0.0.1:9000",
                "--set", "InterCluster:Control:GatewayUrl=https://gate.example",
            ],
            Assert.Single(cli.Served));
    }

    [Fact]
    public async Task Serve_keeps_a_saved_token()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Environment.Clear();
        cli.Write(".intercluster/cli.json", "{\"project\":\"p-local\",\"token\":\"kept\"}");

        await cli.RunAsync("serve");

        Assert.Equal("kept", Resolve(cli).Token);
    }

    private static ConnectionSettings Resolve(CliHarness cli, params string[] args)
    {
        CliHost host = cli.Host(terminal: false, TextWriter.Null, TextWriter.Null);
        return ConnectionResolver.Resolve(CliApp.Build(host).Parse(["apps", .. args]), host);
    }
}
