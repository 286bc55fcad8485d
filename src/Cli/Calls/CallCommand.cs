using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Calls;

/// <summary><c>call APP/FUNCTION</c>: a sync call through the gateway.</summary>
internal sealed class CallCommand : CliCommand
{
    private readonly RequestOptions _request = new(HttpMethod.Get);
    private readonly Option<bool> _stream = new("--stream") { Description = "Ask for server-sent events and print the data of each as it comes" };
    private readonly Option<bool> _include = new("--include", "-i") { Description = "Show the status and the headers, on standard error" };
    private readonly Option<string?> _output = new("--output", "-o") { Description = "Write the body to a file", HelpName = "PATH" };
    private readonly Option<TimeSpan?> _timeout = CommonOptions.Timeout();

    public CallCommand(CliHost host)
        : base(host, "call", "Call a function and print its answer as it comes.",
        [
            "intercluster call words/count --data '{\"text\":\"to be or not to be\"}'",
            "intercluster call images/resize?width=200 --file cat.png --output small.png",
            "intercluster call chat/answer --data 'hello' --stream",
            "intercluster call words/count -X DELETE -H 'If-Match: 7' --include",
        ])
    {
        _request.AddTo(this);
        Options.Add(_stream);
        Options.Add(_include);
        Options.Add(_output);
        Options.Add(_timeout);
    }

    protected override async Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        CallTarget target = CallTarget.Parse(session.Get(_request.Target));
        using var patience = new Patience(session.Get(_timeout), session.Time, ct);
        return await patience.RunAsync(limited => CallAsync(session, target, limited), $"{target} has not answered in full");
    }

    private async Task<int> CallAsync(CliSession session, CallTarget target, CancellationToken ct)
    {
        long start = session.Time.GetTimestamp();
        using HttpRequestMessage request = _request.Build(session, target.Address(session.Connection));
        if (session.Get(_stream))
        {
            request.Headers.TryAddWithoutValidation("Accept", "text/event-stream");
        }

        using HttpResponseMessage response = await session.Api.SendAsync(request, ct);
        if (session.Get(_include))
        {
            foreach (string line in AnswerWriter.Headers(response).Split('\n'))
            {
                session.Console.Notes.Line(new Cell(line, Tone.Dim));
            }
        }

        await ThrowIfRefusedAsync(session, response, ct);
        await WriteAsync(session, response, ct);
        Summarize(session, response, session.Time.GetElapsedTime(start));
        return ExitCodes.ForStatus(response.StatusCode);
    }

    /// <summary>An error answer of the gateway is explained; one of the app is passed on like any other answer.</summary>
    private static async Task ThrowIfRefusedAsync(CliSession session, HttpResponseMessage response, CancellationToken ct)
    {
        if (response.IsSuccessStatusCode || response.Content.Headers.ContentType?.MediaType != "application/problem+json")
        {
            return;
        }

        await response.Content.LoadIntoBufferAsync(ct);
        byte[] body = await response.Content.ReadAsByteArrayAsync(ct);
        if (ProblemReader.TryRead(response, body, out ProblemView problem, out _) && problem.RefusedBy == "gateway")
        {
            throw ProblemReader.Failure(response, body, session.Connection);
        }
    }

    private async Task WriteAsync(CliSession session, HttpResponseMessage response, CancellationToken ct)
    {
        if (session.Get(_output) is { } path)
        {
            await AnswerWriter.WriteFileAsync(response, Path.GetFullPath(path, session.Host.Directory), ct);
        }
        else if (session.Get(_stream) && response.Content.Headers.ContentType?.MediaType == "text/event-stream")
        {
            await AnswerWriter.WriteEventsAsync(session, response, ct);
        }
        else if (session.Console.IsJson)
        {
            JsonObject answer = await AnswerJson.ReadAsync(response, ct);
            session.Console.Json(AnswerJson.ToElement(answer));
        }
        else
        {
            await AnswerWriter.WriteBodyAsync(session, response, ct);
        }
    }

    /// <summary>A pipe gets the body alone; a person, or anybody whose call failed, gets the status too.</summary>
    private static void Summarize(CliSession session, HttpResponseMessage response, TimeSpan took)
    {
        int status = (int)response.StatusCode;
        if (!session.Console.IsTerminal && status < 400)
        {
            return;
        }

        string run = response.Headers.TryGetValues(WireHeaders.RequestId, out IEnumerable<string>? id) ? $", run {id.First()}" : "";
        session.Console.Notes.Line(
            StateTones.OfStatus(status) with { Exact = status.ToString(CultureInfo.InvariantCulture) },
            new Cell($"{response.ReasonPhrase}, {Durations.Show(took)}{run}", Tone.Dim));
    }
}
