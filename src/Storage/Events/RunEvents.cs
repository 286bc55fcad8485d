using InterCluster.Core.Naming;
using Microsoft.Extensions.Logging;

namespace InterCluster.Storage.Events;

/// <summary>Tells of finished and cancelled runs, in the order of their commits. A handler that throws harms neither the others nor the store.</summary>
internal sealed partial class RunEvents(ILogger logger)
{
    public event Action<IReadOnlyList<RunId>>? Finished;

    public event Action<RunId>? CancelRequested;

    public event Action? DeliveriesDue;

    public void Raise(IReadOnlyCollection<RunId> ended, IReadOnlyCollection<RunId> cancelRequested)
    {
        if (ended.Count > 0 && Finished is { } finished)
        {
            RunId[] ids = [.. ended];
            foreach (Action<IReadOnlyList<RunId>> handler in finished.GetInvocationList().Cast<Action<IReadOnlyList<RunId>>>())
            {
                Call(handler, ids);
            }
        }

        foreach (RunId id in cancelRequested)
        {
            foreach (Action<RunId> handler in (CancelRequested?.GetInvocationList() ?? []).Cast<Action<RunId>>())
            {
                Call(handler, id);
            }
        }
    }

    public void RaiseDeliveriesDue()
    {
        foreach (Action handler in (DeliveriesDue?.GetInvocationList() ?? []).Cast<Action>())
        {
            Call(_ => handler(), 0);
        }
    }

    private void Call<T>(Action<T> handler, T argument)
    {
        try
        {
            handler(argument);
        }
#pragma warning disable CA1031 // Whatever it throws: the run is committed, and the next handler has to be told.
        catch (Exception e)
#pragma warning restore CA1031
        {
            HandlerFailed(e);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A handler of the run store's events failed.")]
    private partial void HandlerFailed(Exception exception);
}
