using System.CommandLine;
using System.Text.Json;
using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Apps;

/// <summary><c>app APP</c>, and <c>app APP rollback REVISION</c>.</summary>
internal sealed class AppCommand : CliCommand
{
    private const int Decisions = 10;

    private readonly Argument<string> _app;

    public AppCommand(CliHost host)
        : base(host, "app", "Show an app: its limits, replicas, runs, scaling decisions and revisions.",
        [
            "intercluster app words",
            "intercluster app words --json | jq .scaling",
            "intercluster app words rollback 3",
        ])
    {
        _app = CommonOptions.App(host);
        Arguments.Add(_app);
        Subcommands.Add(new RollbackCommand(host, _app));
    }

    protected override async Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        string name = session.Get(_app);
        ApiAnswer<AppView> app = await GetAsync<AppView>(session, ct, name);
        Task<ApiAnswer<ReplicaListView>> replicas = GetAsync<ReplicaListView>(session, ct, name, "replicas");
        Task<ApiAnswer<FunctionListView>> functions = GetAsync<FunctionListView>(session, ct, name, "functions");
        Task<ApiAnswer<ScalingHistoryView>> scaling = GetAsync<ScalingHistoryView>(session, ct, name, "scaling");
        Task<ApiAnswer<RevisionListView>> revisions = GetAsync<RevisionListView>(session, ct, name, "revisions");
        await Task.WhenAll(replicas, functions, scaling, revisions);
        if (session.Console.IsJson)
        {
            session.Console.Json(LenientJson.Write(new Dictionary<string, JsonElement>
            {
                ["app"] = app.Json,
                ["replicas"] = (await replicas).Json,
                ["functions"] = (await functions).Json,
                ["scaling"] = (await scaling).Json,
                ["revisions"] = (await revisions).Json,
            }));
            return ExitCodes.Ok;
        }

        IHumanOutput result = session.Console.Result;
        result.Show(AppDetails.Of(app.Value, session.Now));
        result.Show(AppDetails.Of((await replicas).Value, session.Now));
        result.Show(AppDetails.Of((await functions).Value));
        result.Show(AppDetails.Of((await scaling).Value, session.Now, Decisions));
        result.Show(AppDetails.Of((await revisions).Value, session.Now));
        return ExitCodes.Ok;
    }

    private static Task<ApiAnswer<T>> GetAsync<T>(CliSession session, CancellationToken ct, params ReadOnlySpan<string> segments) =>
        session.Api.ControlAsync<T>(HttpMethod.Get, session.Path(["apps", .. segments]), ct);
}
