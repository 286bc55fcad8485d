using InterCluster.Core.Naming;

namespace InterCluster.Core.Admission;

/// <summary>
/// Limits on how many runs of a function are carried out at once, whichever workers hold them: who is over a limit waits, in order. In front of the app's admission,
/// so that what waits here holds no slot and no place in the app's queue. What waits is bounded by what workers hold.
/// </summary>
public sealed class FunctionGates(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<FunctionId, Gate> _gates = [];

    /// <summary>Functions of which something is under way or waits.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _gates.Count;
            }
        }
    }

    /// <summary>True: in, until <see cref="Leave"/>. False: not within <paramref name="patience"/>.</summary>
    /// <param name="function">The function.</param>
    /// <param name="limit">The limit in force now; a higher one lets in who waits.</param>
    /// <param name="patience">How long to wait.</param>
    /// <param name="ct">Ends the wait, with an exception.</param>
    public async ValueTask<bool> EnterAsync(FunctionId function, int limit, TimeSpan patience, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        LinkedListNode<TaskCompletionSource>? place = Enter(function, limit);
        if (place is null)
        {
            return true;
        }

        try
        {
            await place.Value.Task.WaitAsync(patience, time, ct).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            // Whoever was let in at the last moment is in.
            return !TryGiveUp(function, place);
        }
        catch (OperationCanceledException)
        {
            if (!TryGiveUp(function, place))
            {
                Leave(function);
            }

            throw;
        }
    }

    /// <summary>Once for each that came in.</summary>
    public void Leave(FunctionId function)
    {
        lock (_lock)
        {
            Gate gate = _gates[function];
            gate.Inside--;
            LetIn_NeedsLock(gate);
            Forget_NeedsLock(function, gate);
        }
    }

    private LinkedListNode<TaskCompletionSource>? Enter(FunctionId function, int limit)
    {
        lock (_lock)
        {
            if (!_gates.TryGetValue(function, out Gate? gate))
            {
                _gates.Add(function, gate = new Gate());
            }

            gate.Limit = Math.Max(1, limit);
            LetIn_NeedsLock(gate);
            if (gate.Inside < gate.Limit)
            {
                gate.Inside++;
                return null;
            }

            return gate.Waiting.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }
    }

    private bool TryGiveUp(FunctionId function, LinkedListNode<TaskCompletionSource> place)
    {
        lock (_lock)
        {
            if (place.List is null)
            {
                return false;
            }

            Gate gate = _gates[function];
            gate.Waiting.Remove(place);
            Forget_NeedsLock(function, gate);
            return true;
        }
    }

    private static void LetIn_NeedsLock(Gate gate)
    {
        while (gate.Inside < gate.Limit && gate.Waiting.First is { } first)
        {
            gate.Waiting.RemoveFirst();
            gate.Inside++;
            first.Value.SetResult();
        }
    }

    private void Forget_NeedsLock(FunctionId function, Gate gate)
    {
        if (gate.Inside == 0 && gate.Waiting.Count == 0)
        {
            _gates.Remove(function);
        }
    }

    private sealed class Gate
    {
        public int Inside { get; set; }

        public int Limit { get; set; }

        public LinkedList<TaskCompletionSource> Waiting { get; } = [];
    }
}
