using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Text.Json;
using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Runs;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Calls;

/// <summary><c>submit APP/FUNCTION</c>: an async call, kept until it has ended.</summary>
internal sealed class SubmitCommand : CliCommand
{
    private readonly RequestOptions _request = new(HttpMethod.Post);

    private readonly Option<string?> _key = new("--idempotency-key")
    {
        Description = "The same key and the same request make one run, however often they are sent",
        HelpName = "KEY",
    };

    private readonly Option<TimeSpan?> _delay = CommonOptions.Duration("--delay", "Not before this time has passed");
    private readonly Option<RunPriority?> _priority = new("--priority") { Description = "high, normal or low", HelpName = "PRIORITY" };
    private readonly Option<int?> _attempts = new("--max-attempts") { Description = "Tries at most", HelpName = "N" };
    private readonly Option<string?> _tag = new("--tag") { Description = "A word of your own, to list and cancel by", HelpName = "TAG" };
    private readonly Option<bool> _wait = new("--wait") { Description = "Wait until the run has ended" };
    private readonly Option<bool> _result = new("--result") { Description = "Wait, then print the function's answer" };
    private readonly Option<TimeSpan?> _timeout = CommonOptions.Timeout("With --wait: give up waiting after this time (exit 6); the run goes on");

    public SubmitCommand(CliHost host)
        : base(host, "submit", "Submit a run: a call that is kept, retried, and can be asked for later.",
        [
            "intercluster submit report/build --data '{\"month\":\"2026-07\"}'",
            "intercluster submit report/build --file input.json --result > report.html",
            "intercluster submit mail/send --idempotency-key order-4711 --delay 10m --priority low",
            "id=$(intercluster submit report/build) && intercluster run $id --wait",
        ])
    {
        _request.AddTo(this);
        Options.Add(_key);
        Options.Add(_delay);
        Options.Add(_priority);
        Options.Add(_attempts);
        Options.Add(_tag);
        Options.Add(_wait);
        Options.Add(_result);
        Options.Add(_timeout);
    }

    protected override async Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        CallTarget target = CallTarget.Parse(session.Get(_request.Target));
        JsonElement accepted = await SubmitAsync(session, target, ct);
        string run = LenientJson.Read<RunAccepted>(accepted).RunId;
        if (session.Get(_wait) || session.Get(_result))
        {
            return await new RunReport(session).FollowAsync(run, session.Get(_timeout), session.Get(_result), ct);
        }

        Show(session, run, accepted);
        return ExitCodes.Ok;
    }

    private async Task<JsonElement> SubmitAsync(CliSession session, CallTarget target, CancellationToken ct)
    {
        using HttpRequestMessage request = _request.Build(session, target.Address(session.Connection, asRun: true));
        AddHeaders(session, request);
        using HttpResponseMessage response = await session.Api.SendAsync(request, ct);
        byte[] body = await response.Content.ReadAsByteArrayAsync(ct);
        return response.StatusCode == HttpStatusCode.Accepted
            ? JsonElement.Parse(body)
            : throw ProblemReader.Failure(response, body, session.Connection);
    }

    private void AddHeaders(CliSession session, HttpRequestMessage request)
    {
        Set(request, WireHeaders.IdempotencyKey, session.Get(_key));
        Set(request, WireHeaders.Delay, session.Get(_delay) is { } delay ? Durations.Wire(delay) : null);
        Set(request, WireHeaders.Priority, session.Get(_priority) is { } priority ? StateTones.Word(priority) : null);
        Set(request, WireHeaders.Tag, session.Get(_tag));
        Set(request, WireHeaders.MaxAttempts, session.Get(_attempts)?.ToString(CultureInfo.InvariantCulture));
    }

    private static void Set(HttpRequestMessage request, string header, string? value)
    {
        if (value is null)
        {
            return;
        }

        if (value.Any(c => c is < ' ' or > '~'))
        {
            throw CliException.Usage($"{header} can hold printable ASCII only.");
        }

        request.Headers.TryAddWithoutValidation(header, value);
    }

    private static void Show(CliSession session, string run, JsonElement accepted)
    {
        if (session.Console.IsJson)
        {
            session.Console.Json(accepted);
        }
        else
        {
            session.Console.Result.Line(run);
            session.Console.Notes.Line(new Cell($"Accepted. Follow it: intercluster run {SafeText.Line(run)} --wait", Tone.Dim));
        }
    }
}
