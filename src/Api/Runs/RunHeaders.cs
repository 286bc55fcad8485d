using System.Globalization;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace InterCluster.Api.Runs;

/// <summary>The controls of an async call, read from its headers and validated; every mistake is an error message.</summary>
/// <param name="Priority">The lane.</param>
/// <param name="RunAt">Not before; null: at once.</param>
/// <param name="MaxAttempts">Attempts at most; null: what the function's policy says.</param>
/// <param name="IdempotencyKey">The caller's key.</param>
/// <param name="Tag">The caller's word for it.</param>
internal readonly record struct RunHeaders(RunPriority Priority, DateTimeOffset? RunAt, int? MaxAttempts, string? IdempotencyKey, string? Tag)
{
    public const int MaxAttemptsLimit = 100;

    /// <summary>Reads the controls; false with an error.</summary>
    public static bool TryRead(IHeaderDictionary headers, DateTimeOffset now, TimeSpan maxDelay, out RunHeaders controls, out string error)
    {
        controls = default;
        return TryReadPriority(headers[WireHeaders.Priority], out RunPriority priority, out error)
            && TryReadStart(headers[WireHeaders.Delay], headers[WireHeaders.RunAt], now, maxDelay, out DateTimeOffset? runAt, out error)
            && TryReadMaxAttempts(headers[WireHeaders.MaxAttempts], out int? maxAttempts, out error)
            && TryReadKey(headers[WireHeaders.IdempotencyKey], out string? key, out error)
            && TryReadTag(headers[WireHeaders.Tag], out string? tag, out error)
            && Done(out controls, new RunHeaders(priority, runAt, maxAttempts, key, tag));
    }

    /// <summary>What cannot be async because nobody would read the stream: WebSocket, server-sent events, gRPC. Null when it can.</summary>
    public static string? WhyNotAsync(HttpRequest request)
    {
        if (request.Headers.Upgrade.Count > 0 || HttpMethods.IsConnect(request.Method))
        {
            return "A WebSocket cannot be opened by an async call.";
        }

        if (request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true)
        {
            return "A gRPC call cannot be async.";
        }

        return request.Headers.Accept.Any(a => a?.Contains("text/event-stream", StringComparison.OrdinalIgnoreCase) == true)
            ? "A stream of server-sent events cannot be async."
            : null;
    }

    private static bool TryReadPriority(StringValues values, out RunPriority priority, out string error)
    {
        priority = RunPriority.Normal;
        error = values.Count == 0 || RunWords.TryPriority(values.ToString(), out priority) ? "" : $"{WireHeaders.Priority} must be {RunWords.Priorities}.";
        return error.Length == 0;
    }

    private static bool TryReadStart(
        StringValues delay, StringValues at, DateTimeOffset now, TimeSpan maxDelay, out DateTimeOffset? runAt, out string error)
    {
        (runAt, error) = (null, "");
        if (delay.Count > 0 && at.Count > 0)
        {
            error = $"{WireHeaders.Delay} and {WireHeaders.RunAt} exclude each other.";
        }
        else if (delay.Count > 0)
        {
            error = RunWords.TryDelay(delay.ToString(), now, maxDelay, out runAt) ? "" : $"{WireHeaders.Delay} must be {RunWords.Delays(maxDelay)}.";
        }
        else if (at.Count > 0)
        {
            error = RunWords.TryInstant(at.ToString(), now, maxDelay, out runAt) ? "" : $"{WireHeaders.RunAt} must be {RunWords.Instants(maxDelay)}.";
        }

        return error.Length == 0;
    }

    private static bool TryReadMaxAttempts(StringValues values, out int? attempts, out string error)
    {
        (attempts, error) = (null, "");
        if (values.Count > 0)
        {
            bool ok = int.TryParse(values.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                && number is >= 1 and <= MaxAttemptsLimit;
            attempts = ok ? number : null;
            error = ok ? "" : $"{WireHeaders.MaxAttempts} must be a number from 1 to {MaxAttemptsLimit}.";
        }

        return error.Length == 0;
    }

    public static bool TryReadKey(StringValues values, out string? key, out string error)
    {
        (key, error) = (null, "");
        if (values.Count > 0)
        {
            key = values[0];
            error = values.Count == 1 && RunWords.IsKey(key) ? "" : $"{WireHeaders.IdempotencyKey} must be one header of {RunWords.Keys}.";
        }

        return error.Length == 0;
    }

    private static bool TryReadTag(StringValues values, out string? tag, out string error)
    {
        (tag, error) = (null, "");
        if (values.Count > 0)
        {
            tag = values[0];
            error = values.Count == 1 && RunWords.IsTag(tag) ? "" : $"{WireHeaders.Tag} must be one header of {RunWords.Tags}.";
        }

        return error.Length == 0;
    }

    private static bool Done(out RunHeaders target, RunHeaders value)
    {
        target = value;
        return true;
    }
}
