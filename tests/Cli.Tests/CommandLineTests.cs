using System.CommandLine;
using InterCluster.Cli.CommandLine;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Tests;

public sealed class CommandLineTests
{
    public static TheoryData<string> Verbs()
    {
        var data = new TheoryData<string>();
        var host = new CliHost
        {
            Out = TextWriter.Null,
            Error = TextWriter.Null,
            OutBytes = Stream.Null,
            Input = Stream.Null,
            OutIsTerminal = false,
            ErrorIsTerminal = false,
            InputIsTerminal = false,
            Directory = "/",
            Environment = _ => null,
        };
        Add(CliApp.Build(host), "");
        return data;

        void Add(Command command, string path)
        {
            foreach (Command child in command.Subcommands)
            {
                data.Add($"{path} {child.Name}".Trim());
                Add(child, $"{path} {child.Name}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task Help_of_every_verb_describes_it_and_has_examples_that_begin_with_it(string verb)
    {
        await using CliHarness cli = await CliHarness.StartAsync();

        Outcome outcome = await cli.RunAsync([.. verb.Split(' '), "--help"]);

        Assert.Equal((0, ""), (outcome.Exit, outcome.Error));
        Assert.Empty(cli.Server.Requests);
        string[] examples = outcome.Out[outcome.Out.IndexOf("Examples:", StringComparison.Ordinal)..].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.NotEmpty(examples[1..]);
        Assert.All(examples[1..], e => Assert.Contains($"intercluster {verb.Split(' ')[0]}", e, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Help_of_the_command_lists_the_verbs_and_a_way_to_begin()
    {
        await using CliHarness cli = await CliHarness.StartAsync();

        Outcome outcome = await cli.RunAsync("--help");

        Assert.Equal(0, outcome.Exit);
        Assert.Empty(cli.Server.Requests);
        Assert.All(["serve", "deploy", "call", "submit", "runs", "keys"], v => Assert.Contains($"\n  {v} ", outcome.Out, StringComparison.Ordinal));
        Assert.Contains("  intercluster deploy ./my-app --wait", outcome.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dploy")]
    [InlineData("apps", "--nope")]
    [InlineData("run")]
    [InlineData("keys", "issue", "x", "--scope", "root")]
    [InlineData("completion", "powershell")]
    public async Task Wrong_command_line_is_exit_2_with_nothing_on_standard_output(params string[] args)
    {
        await using CliHarness cli = await CliHarness.StartAsync();

        Outcome outcome = await cli.RunAsync(args);

        Assert.Equal((2, ""), (outcome.Exit, outcome.Out));
        Assert.Contains("--help` shows how it is used.", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Typo_is_answered_with_the_verb_that_was_meant()
    {
        await using CliHarness cli = await CliHarness.StartAsync();

        Assert.Contains("deploy", (await cli.RunAsync("dploy")).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bash", "complete -o default -F _intercluster intercluster")]
    [InlineData("zsh", "compdef _intercluster intercluster")]
    [InlineData("fish", "complete -c intercluster")]
    public async Task Completion_script_asks_the_command_itself(string shell, string registers)
    {
        await using CliHarness cli = await CliHarness.StartAsync();

        Outcome outcome = await cli.RunAsync("completion", shell);

        Assert.Contains(registers, outcome.Out, StringComparison.Ordinal);
        Assert.Contains("intercluster \"[suggest:", outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Suggestions_are_verbs_options_and_the_names_of_deployed_apps()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On("GET /api/v1/projects/p-local/apps", new AppListView([Views.App(), Views.App("images")]));

        Outcome verbs = await SuggestAsync(cli, "intercluster de");
        Outcome options = await SuggestAsync(cli, "intercluster runs --st");
        Outcome apps = await SuggestAsync(cli, "intercluster logs ");

        Assert.Equal(["delete", "deploy"], verbs.Lines.Order());
        Assert.Contains("--state", options.Lines);
        Assert.Contains("words", apps.Lines);
        Assert.Contains("images", apps.Lines);
    }

    [Fact]
    public async Task Suggestions_without_a_server_are_none_and_no_error()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        await cli.Server.DisposeAsync();

        Outcome outcome = await SuggestAsync(cli, "intercluster logs ");

        Assert.Equal((0, ""), (outcome.Exit, outcome.Error));
    }

    [Fact]
    public async Task Bash_completes_with_the_script()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        string script = (await cli.RunAsync("completion", "bash")).Out;
        cli.Write("c.bash", script);
        cli.Write("t.bash", """
            intercluster() { [[ "$1" == "[suggest:15]" && "$2" == "intercluster de" ]] && printf 'delete\ndeploy\n'; }
            source c.bash
            COMP_LINE="intercluster de" COMP_POINT=15 COMP_WORDS=(intercluster de) COMP_CWORD=1
            _intercluster
            echo "${COMPREPLY[@]}"
            """);
        using var bash = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("bash", "t.bash")
        {
            WorkingDirectory = cli.Directory, RedirectStandardOutput = true,
        })!;

        Assert.Equal("delete deploy\n", await bash.StandardOutput.ReadToEndAsync());
    }

    [Fact]
    public async Task Version_is_the_products()
    {
        await using CliHarness cli = await CliHarness.StartAsync();

        Outcome text = await cli.RunAsync("version");
        Outcome json = await cli.RunAsync("version", "--json");

        Assert.StartsWith($"intercluster {ProductVersion.Text} (", text.Out, StringComparison.Ordinal);
        Assert.Contains($"\"version\":\"{ProductVersion.Text}\"", json.Out, StringComparison.Ordinal);
        Assert.Matches(@"^\d+\.\d+\.\d+$", ProductVersion.Text);
    }

    [Fact]
    public async Task Requests_shows_the_log_with_its_filters()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Server.On("GET /api/v1/projects/p-local/requests", new RequestListView(
            [new RequestView(Views.RunId, CliHarness.Now, "p-local", "words", "count", "POST", 504, "run_timeout", "ci", "r1", 12.5, 1500, 10, 20, true, null)], 3, "next-page", ["http://10.0.0.2:8080"]));

        Outcome outcome = await cli.RunAsync("requests", "--app", "words", "--function", "count", "--status", "504", "--failed", "--from", "1h");

        Assert.Equal("/api/v1/projects/p-local/requests?app=words&function=count&status=504&min_status=400&from=2026-08-01T11%3A00%3A00.000Z&limit=20", cli.Server.Only.PathAndQuery);
        Assert.Equal($"2026-08-01T12:00:00.000Z\t504\tPOST\twords/count\t1.5\t0.0125\tci\t{Views.RunId}\trun_timeout", outcome.Lines[1]);
        Assert.Contains("3 calls were not logged", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("no answer in time from http://10.0.0.2:8080", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("--cursor next-page", outcome.Error, StringComparison.Ordinal);
    }

    private static Task<Outcome> SuggestAsync(CliHarness cli, string line) => cli.RunAsync($"[suggest:{line.Length}]", line);
}
