using System.Text.Json;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Tests;

public sealed class KeyTests
{
    private const string Keys = "/api/v1/projects/p-local/keys";

    [Fact]
    public async Task Issue_sends_the_wishes_and_prints_the_token_alone()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"POST {Keys}", Views.Key(token: "a.b.c"), 201);

        Outcome outcome = await cli.RunAsync("keys", "issue", "ci", "--days", "30", "--scope", "invoke", "--scope", "admin");

        Assert.Equal((0, "a.b.c\n"), (outcome.Exit, outcome.Out));
        Assert.Equal("{\"name\":\"ci\",\"lifetime_days\":30,\"scopes\":[\"invoke\",\"admin\"]}", cli.Server.Only.Body);
        Assert.Contains("Key k1 (ci) in p-local may invoke, read; it ends in 20d.", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Long_token_stays_on_one_line_of_a_narrow_terminal()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Width = 40;
        string token = new('x', 400);
        cli.Server.On($"POST {Keys}", Views.Key(token: token), 201);

        Outcome outcome = await cli.OnTerminalAsync("keys", "issue", "ci");

        Assert.Equal(token, Ansi.Strip(outcome.Out).Trim());
    }

    [Fact]
    public async Task Saved_token_is_not_printed_is_readable_by_its_owner_only_and_is_used_from_then_on()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"POST {Keys}", Views.Key(token: "saved-token"), 201);
        cli.Server.On($"GET {Keys}", new KeyListView([]));

        Outcome issued = await cli.RunAsync("keys", "issue", "ci", "--save");
        cli.Environment.Clear();
        Outcome listed = await cli.RunAsync("keys");

        string file = Path.Combine(cli.Directory, ".intercluster", "cli.json");
        Assert.Equal("", issued.Out);
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(file) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
        Assert.Equal(0, listed.Exit);
        Assert.Equal("Bearer saved-token", cli.Server.Requests[^1].Header("Authorization"));
    }

    [Fact]
    public async Task Keys_alone_lists_them()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"GET {Keys}", new KeyListView([Views.Key(), Views.Key("k0", revoked: CliHarness.Now)]));

        Outcome bare = await cli.RunAsync("keys");
        Outcome list = await cli.RunAsync("keys", "list");

        Assert.Equal("k1\tci\tvalid\tinvoke,read\t2026-07-22T12:00:00.000Z\t2026-08-21T12:00:00.000Z", bare.Lines[1]);
        Assert.StartsWith("k0\tci\trevoked\t", bare.Lines[2], StringComparison.Ordinal);
        Assert.Equal(bare.Out, list.Out);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"lifetime_days\":30}", "--days", "30")]
    public async Task Rotate_prints_the_new_token_and_says_that_the_old_key_still_counts(string body, params string[] options)
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"POST {Keys}/k1/rotate", Views.Key("k2", token: "new-token"), 201);

        Outcome outcome = await cli.RunAsync(["keys", "rotate", "k1", .. options]);

        Assert.Equal((0, "new-token\n"), (outcome.Exit, outcome.Out));
        Assert.Equal(body, cli.Server.Only.Body);
        Assert.Contains("intercluster keys revoke k1", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rotate_of_an_unknown_key_is_exit_5()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.OnProblem($"POST {Keys}/nope/rotate", 404, "not_found", "The project has no such key.");

        Outcome outcome = await cli.RunAsync("keys", "rotate", "nope");

        Assert.Equal((5, ""), (outcome.Exit, outcome.Out));
        Assert.DoesNotContain("still valid", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Revoke_deletes_the_key()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On($"DELETE {Keys}/k1", JsonSerializer.SerializeToElement(new { id = "k1" }));

        Outcome outcome = await cli.RunAsync("keys", "revoke", "k1");

        Assert.Equal((0, "Key k1 is revoked.\n"), (outcome.Exit, outcome.Out));
    }
}
