namespace InterCluster.Bench.Gateway.Cases;

/// <summary>How long everything takes.</summary>
/// <param name="Rounds">Turns of each contender in each case.</param>
/// <param name="Seconds">The length of a turn.</param>
/// <param name="WarmUpSeconds">At most, before the first round of a case; less when the just-in-time compiler is at rest.</param>
/// <param name="IdleConnections">WebSockets held open.</param>
internal sealed record Plan(int Rounds, int Seconds, int WarmUpSeconds, int IdleConnections)
{
    public static readonly Plan Full = new(Rounds: 5, Seconds: 2, WarmUpSeconds: 15, IdleConnections: 2000);

    /// <summary>Enough to see that everything works, not enough to trust a figure.</summary>
    public static readonly Plan Quick = new(Rounds: 1, Seconds: 1, WarmUpSeconds: 1, IdleConnections: 300);
}
