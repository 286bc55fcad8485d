using System.Net;
using System.Text.Json;
using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Serving;

/// <summary><c>health</c>: for supervisors and container health checks, which look at the exit code.</summary>
internal sealed class HealthCommand(CliHost host) : CliCommand(
    host, "health", "Ask a server whether it takes new work; exit code 0 when it does.", ["intercluster health", "intercluster health --json"])
{
    protected override async Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        using HttpResponseMessage answer = await session.Api.SendAsync(session.Connection.ControlUrl, HttpMethod.Get, "/readyz", null, ct);
        JsonElement json = Parse(await answer.Content.ReadAsStringAsync(ct));
        if (session.Console.IsJson)
        {
            session.Console.Json(json);
        }
        else
        {
            session.Console.Result.Line(new Cell(Words(LenientJson.Read<HealthView>(json))));
        }

        return answer.StatusCode == HttpStatusCode.OK ? ExitCodes.Ok : ExitCodes.Failed;
    }

    private static JsonElement Parse(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new CliException(ExitCodes.Failed, "What answers there is no control plane of InterCluster.", e);
        }
    }

    private static string Words(HealthView health) =>
        health.Reasons is { Count: > 0 } reasons ? $"not ready: {string.Join("; ", reasons)}" : health.Status;
}
