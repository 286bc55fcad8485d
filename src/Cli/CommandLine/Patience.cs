using InterCluster.Cli.Terminal;

namespace InterCluster.Cli.CommandLine;

/// <summary>A time limit beside the caller's own cancellation: running out of it is exit 6, Ctrl-C is 130.</summary>
internal sealed class Patience : IDisposable
{
    private readonly TimeSpan? _limit;
    private readonly CancellationTokenSource _limited;
    private readonly CancellationTokenSource _both;
    private readonly CancellationToken _caller;

    public Patience(TimeSpan? limit, TimeProvider time, CancellationToken caller)
    {
        _limit = limit;
        _caller = caller;
        _limited = new CancellationTokenSource(limit ?? Timeout.InfiniteTimeSpan, time);
        _both = CancellationTokenSource.CreateLinkedTokenSource(_limited.Token, caller);
    }

    /// <summary>Does a piece of the work; <paramref name="notYet"/> is said when the time is up.</summary>
    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> work, string notYet)
    {
        try
        {
            return await work(_both.Token);
        }
        catch (OperationCanceledException e) when (_limited.IsCancellationRequested && !_caller.IsCancellationRequested)
        {
            throw new CliException(ExitCodes.Timeout, $"{notYet} after {Durations.Show(_limit!.Value)}.", e)
            {
                Advice = "Nothing was stopped on the server; --timeout sets how long this waits.",
            };
        }
    }

    public void Dispose()
    {
        _both.Dispose();
        _limited.Dispose();
    }
}
