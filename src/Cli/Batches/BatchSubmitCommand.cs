using System.CommandLine;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Batches;

/// <summary><c>batch submit APP/FUNCTION [FILE]</c>.</summary>
internal sealed class BatchSubmitCommand : CliCommand
{
    private const int MaxShown = 20;

    private readonly Argument<string> _target = new("APP/FUNCTION") { Description = "The function that every line calls" };
    private readonly Argument<string> _file = new("FILE") { Description = "NDJSON, a run per line; - is standard input", DefaultValueFactory = _ => "-" };
    private readonly Option<string?> _key = new("--key", "--idempotency-key") { Description = "Sent again with the same key, a broken upload goes on where it was", HelpName = "KEY" };
    private readonly Option<bool> _watch = new("--watch", "-w") { Description = "Watch until every run has ended" };

    public BatchSubmitCommand(CliHost host)
        : base(host, "submit", "Submit a batch; prints its id. Exit 1 when a line was refused.",
        [
            "intercluster batch submit report/build runs.ndjson --key night-1",
            "jq -c '{body: .}' orders.json | intercluster batch submit report/build --watch",
        ])
    {
        Arguments.Add(_target);
        Arguments.Add(_file);
        Options.Add(_key);
        Options.Add(_watch);
    }

    protected override async Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        JsonElement json = await SendAsync(session, ct);
        BatchAcceptedView accepted = LenientJson.Read<BatchAcceptedView>(json);
        foreach (RejectedLineView line in accepted.Rejected.Take(MaxShown))
        {
            session.Console.Notes.Line(new Cell($"line {line.Line}: {SafeText.Line(line.Code)}: {SafeText.Line(line.Detail)}", Tone.Bad));
        }

        if (accepted.RejectedTotal > 0)
        {
            session.Console.Notes.Line(new Cell($"{accepted.RejectedTotal} of {accepted.Lines} lines were refused.", Tone.Bad));
        }

        int refused = accepted.RejectedTotal > 0 ? ExitCodes.Failed : ExitCodes.Ok;
        if (session.Get(_watch))
        {
            return Math.Max(refused, await BatchWatchCommand.WatchAsync(session, accepted.BatchId, ct));
        }

        if (session.Console.IsJson)
        {
            session.Console.Json(json);
        }
        else
        {
            session.Console.Result.Line(accepted.BatchId);
            session.Console.Notes.Line(new Cell($"{accepted.Accepted} runs. Follow them: intercluster batch watch {SafeText.Line(accepted.BatchId)}", Tone.Dim));
        }

        return refused;
    }

    private async Task<JsonElement> SendAsync(CliSession session, CancellationToken ct)
    {
        string[] target = session.Get(_target).Split('/', 2);
        string path = session.Path("apps", target[0], "functions", target.Length > 1 && target[1].Length > 0 ? target[1] : "/", "batches");
        using var request = new HttpRequestMessage(HttpMethod.Post, ApiClient.Address(session.Connection.GatewayUrl, path)) { Content = Open(session) };
        if (session.Get(_key) is { } key)
        {
            request.Headers.TryAddWithoutValidation(WireHeaders.IdempotencyKey, key);
        }

        using HttpResponseMessage response = await session.Api.SendAsync(request, ct);
        byte[] body = await response.Content.ReadAsByteArrayAsync(ct);
        return response.StatusCode == HttpStatusCode.Accepted ? JsonElement.Parse(body) : throw ProblemReader.Failure(response, body, session.Connection);
    }

    private StreamContent Open(CliSession session)
    {
        string file = session.Get(_file);
        try
        {
            var content = new StreamContent(file == "-" ? session.Host.Input : File.OpenRead(Path.GetFullPath(file, session.Host.Directory)));
            content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
            return content;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CliException.Usage($"{file} cannot be read: {e.Message}");
        }
    }
}
