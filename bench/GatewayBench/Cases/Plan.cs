namespace InterCluster.Bench.Gateway.Cases;

/// <summary>How long everything takes.</summary>
internal sealed record Plan(int Rounds, int Seconds, int FirstWarmUpSeconds, int WarmUpSeconds, int IdleConnections)
{
    public static readonly Plan Full = new(Rounds: 5, Seconds: 2, FirstWarmUpSeconds: 5, WarmUpSeconds: 1, IdleConnections: 2000);

    /// <summary>Enough to see that everything works, not enough to trust a figure.</summary>
    public static readonly Plan Quick = new(Rounds: 1, Seconds: 1, FirstWarmUpSeconds: 1, WarmUpSeconds: 1, IdleConnections: 300);
}
