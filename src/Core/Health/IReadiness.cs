namespace InterCluster.Core.Health;

/// <summary>One condition for this process to take new work. Any number is registered; <c>/readyz</c> is 200 while all hold.</summary>
public interface IReadiness
{
    /// <summary>Null while it holds; else a few words on why not (no addresses, no secrets: they are shown to anyone). Never blocks.</summary>
    string? NotReady { get; }
}
