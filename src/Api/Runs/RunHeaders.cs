using System.Globalization;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace InterCluster.Api.Runs;

/// <summary>The controls of an async call, read from its headers and validated; every mistake is an error message.</summary>
/// <param name="Priority">The lane.</param>
/// <param name="RunAt">Not before; null: at once.</param>
/// <param name="MaxAttempts">Attempts at most.</param>
/// <param name="IdempotencyKey">The caller's key.</param>
internal readonly record struct RunHeaders(RunPriority Priority, DateTimeOffset? RunAt, int MaxAttempts, string? IdempotencyKey)
{
    public const int MaxAttemptsLimit = 100;
    public const int MaxKeyLength = 255;

    /// <summary>Reads the controls; false with an error.</summary>
    public static bool TryRead(IHeaderDictionary headers, DateTimeOffset now, TimeSpan maxDelay, out RunHeaders controls, out string error)
    {
        controls = default;
        return TryReadPriority(headers[WireHeaders.Priority], out RunPriority priority, out error)
            && TryReadStart(headers[WireHeaders.Delay], headers[WireHeaders.RunAt], now, maxDelay, out DateTimeOffset? runAt, out error)
            && TryReadMaxAttempts(headers[WireHeaders.MaxAttempts], out int maxAttempts, out error)
            && TryReadKey(headers[WireHeaders.IdempotencyKey], out string? key, out error)
            && Done(out controls, new RunHeaders(priority, runAt, maxAttempts, key));
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
        (priority, error) = values.Count == 0 ? (RunPriority.Normal, "") : values.ToString() switch
        {
            "high" => (RunPriority.High, ""),
            "normal" => (RunPriority.Normal, ""),
            "low" => (RunPriority.Low, ""),
            _ => (RunPriority.Normal, $"{WireHeaders.Priority} must be high, normal or low."),
        };
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
            bool ok = WireDuration.TryParse(delay.ToString(), out TimeSpan wait) && wait <= maxDelay;
            (runAt, error) = ok
                ? (wait > TimeSpan.Zero ? now + wait : (DateTimeOffset?)null, "")
                : (null, $"{WireHeaders.Delay} must be a whole number and s, m, h or d, at most {maxDelay.TotalDays:0.##} days.");
        }
        else if (at.Count > 0)
        {
            bool ok = WireDuration.TryParseInstant(at.ToString(), out DateTimeOffset instant) && instant - now <= maxDelay;
            (runAt, error) = ok
                ? (instant > now ? instant : (DateTimeOffset?)null, "")
                : (null, $"{WireHeaders.RunAt} must be an RFC 3339 time with an offset, at most {maxDelay.TotalDays:0.##} days ahead.");
        }

        return error.Length == 0;
    }

    private static bool TryReadMaxAttempts(StringValues values, out int attempts, out string error)
    {
        (attempts, error) = (RetryPolicy.DefaultMaxAttempts, "");
        if (values.Count > 0
            && (!int.TryParse(values.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out attempts)
                || attempts is < 1 or > MaxAttemptsLimit))
        {
            error = $"{WireHeaders.MaxAttempts} must be a number from 1 to {MaxAttemptsLimit}.";
        }

        return error.Length == 0;
    }

    private static bool TryReadKey(StringValues values, out string? key, out string error)
    {
        (key, error) = (null, "");
        if (values.Count > 0)
        {
            key = values[0];
            bool valid = values.Count == 1 && key is { Length: > 0 and <= MaxKeyLength } && !key.AsSpan().ContainsAnyExceptInRange('!', '~');
            error = valid ? "" : $"{WireHeaders.IdempotencyKey} must be one header of 1 to {MaxKeyLength} visible ASCII characters.";
        }

        return error.Length == 0;
    }

    private static bool Done(out RunHeaders target, RunHeaders value)
    {
        target = value;
        return true;
    }
}
