using System.Collections.Concurrent;
using InterCluster.Core.Identity;
using Microsoft.Extensions.Logging;

namespace InterCluster.Api.Gateway;

/// <summary>
/// Ends streams and sockets whose token no longer counts (revoked or over): an ordinary call is over before that matters, these may stay
/// open for ever. Looks every 15 s, so that a revocation reaches them well within 60 s (RELIABILITY J11).
/// </summary>
internal sealed partial class StreamWatch : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(15);
    private readonly ConcurrentDictionary<Watched, bool> _open = new();
    private readonly ICallerAuthenticator _authenticator;
    private readonly ILogger<StreamWatch> _log;
    private readonly ITimer _timer;

    public StreamWatch(ICallerAuthenticator authenticator, TimeProvider time, ILogger<StreamWatch> log)
    {
        _authenticator = authenticator;
        _log = log;
        _timer = time.CreateTimer(_ => _ = RunOnceAsync(), null, Period, Period);
    }

    /// <summary>Watches an open stream until it is disposed.</summary>
    /// <param name="authorization">The header that it was opened with; null for an open app: nothing to watch.</param>
    /// <param name="end">Ends it. Must not block.</param>
    public IDisposable? Watch(string? authorization, Action end)
    {
        if (authorization is null)
        {
            return null;
        }

        var watched = new Watched(this, authorization, end);
        _open[watched] = true;
        return watched;
    }

    /// <summary>One look at all of them; how many were ended.</summary>
    public async Task<int> RunOnceAsync()
    {
        int ended = 0;
        foreach (Watched watched in _open.Keys)
        {
            // Forgotten is not revoked: what is not remembered is verified anew.
            bool counts = _authenticator.TryRemembered(watched.Authorization, out _)
                || await _authenticator.VerifyAsync(watched.Authorization, CancellationToken.None).ConfigureAwait(false) is not null;
            if (!counts && _open.TryRemove(watched, out _))
            {
                watched.End();
                ended++;
            }
        }

        if (ended > 0)
        {
            LogEnded(ended);
        }

        return ended;
    }

    public void Dispose() => _timer.Dispose();

    [LoggerMessage(1, LogLevel.Information, "Ended {Count} streams and sockets whose token no longer counts")]
    private partial void LogEnded(int count);

    private sealed class Watched(StreamWatch owner, string authorization, Action end) : IDisposable
    {
        public string Authorization { get; } = authorization;

        public Action End { get; } = end;

        public void Dispose() => owner._open.TryRemove(this, out _);
    }
}
