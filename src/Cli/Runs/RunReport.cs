using System.Text.Json.Nodes;
using InterCluster.Cli.Calls;
using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Runs;

/// <summary>Shows a run, or the answer that its function gave, and says by the exit code how it ended.</summary>
internal sealed class RunReport(CliSession session)
{
    public async Task<int> FollowAsync(string id, TimeSpan? timeout, bool result, CancellationToken ct) =>
        await ShowAsync(await new RunWatcher(session).WaitAsync(id, timeout, ct), result, ct);

    public async Task<int> ShowAsync(ApiAnswer<RunView> run, bool result, CancellationToken ct)
    {
        if (result)
        {
            await ShowResultAsync(run, ct);
        }
        else if (session.Console.IsJson)
        {
            session.Console.Json(run.Json);
        }
        else
        {
            session.Console.Result.Show(RunDetails.Of(run.Value, session.Now));
        }

        return run.Value.State is RunState.Failed or RunState.Dead or RunState.Cancelled ? ExitCodes.Failed : ExitCodes.Ok;
    }

    private async Task ShowResultAsync(ApiAnswer<RunView> run, CancellationToken ct)
    {
        ThrowIfOpen(run.Value);
        string path = session.Path("runs", run.Value.RunId, "result");
        using HttpResponseMessage response = await session.Api.SendAsync(session.Connection.GatewayUrl, HttpMethod.Get, path, null, ct);
        if (!response.Headers.Contains(WireHeaders.Attempt))
        {
            // Only a stored answer names the attempt that gave it: this one is the server's word that there is none.
            throw NoResult(run.Value, await session.Api.FailureAsync(response, ct));
        }

        if (session.Console.IsJson)
        {
            JsonObject answer = await AnswerJson.ReadAsync(response, ct);
            var both = new JsonObject { ["run"] = JsonNode.Parse(run.Json.GetRawText()), ["result"] = answer };
            session.Console.Json(AnswerJson.ToElement(both));
            return;
        }

        await AnswerWriter.WriteBodyAsync(session, response, ct);
        session.Console.Notes.Line(
            StateTones.Of(run.Value.State), new Cell($"run {run.Value.RunId}, status {run.Value.Status}, {RunDetails.Took(run.Value, session.Now).Text}", Tone.Dim));
    }

    private static CliException NoResult(RunView run, CliException why) =>
        new(why.ExitCode == ExitCodes.Auth ? ExitCodes.Auth : ExitCodes.Failed, $"Run {run.RunId} ({StateTones.Word(run.State)}) has no result: {why.Message}", why)
        {
            Code = why.Code, Advice = why.Advice, Problem = why.Problem,
        };

    private static void ThrowIfOpen(RunView run)
    {
        if (!RunStateMachine.IsTerminal(run.State))
        {
            throw new CliException(ExitCodes.Failed, $"Run {run.RunId} is {StateTones.Word(run.State)}: there is no result yet.")
            {
                Code = ProblemCodes.NotFinished, Advice = "Add --wait.",
            };
        }
    }
}
