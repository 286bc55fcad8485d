using InterCluster.Core.Replicas;
using InterCluster.Core.Runs;

namespace InterCluster.Cli.Terminal;

/// <summary>The colours of states, and their wire words.</summary>
internal static class StateTones
{
    public static Cell Of(RunState state) => new(Word(state), state switch
    {
        RunState.Succeeded => Tone.Good,
        RunState.Running => Tone.Busy,
        RunState.Scheduled or RunState.Queued => Tone.Warn,
        RunState.Cancelled => Tone.Dim,
        _ => Tone.Bad,
    });

    public static Cell Of(ReplicaState state) => new(
        state == ReplicaState.NotReady ? "not ready" : Word(state),
        state switch
        {
            ReplicaState.Ready => Tone.Good,
            ReplicaState.Starting => Tone.Busy,
            ReplicaState.Draining or ReplicaState.NotReady => Tone.Warn,
            ReplicaState.Crashed => Tone.Bad,
            _ => Tone.Dim,
        });

    public static Cell OfStatus(int? status) => status switch
    {
        null => Cell.None,
        < 300 => new Cell(Number(status.Value), Tone.Good),
        < 400 => new Cell(Number(status.Value), Tone.Busy),
        < 500 => new Cell(Number(status.Value), Tone.Warn),
        _ => new Cell(Number(status.Value), Tone.Bad),
    };

    public static string Word<T>(T state)
        where T : struct, Enum => state.ToString().ToLowerInvariant();

    private static string Number(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
