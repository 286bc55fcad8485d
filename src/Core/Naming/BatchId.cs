using System.Diagnostics.CodeAnalysis;

namespace InterCluster.Core.Naming;

/// <summary>The id of a batch: a UUID version 7, as a run's.</summary>
/// <param name="Value">The UUID.</param>
public readonly record struct BatchId(Guid Value)
{
    /// <summary>Makes a new id stamped with the provider's time.</summary>
    public static BatchId New(TimeProvider time) => new(RunId.New(time).Value);

    /// <summary>Reads the canonical form with hyphens, any case; anything else is refused.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out BatchId id)
    {
        bool ok = RunId.TryParse(text, out RunId run);
        id = new BatchId(run.Value);
        return ok;
    }

    /// <summary>The canonical lower-case form with hyphens.</summary>
    public override string ToString() => Value.ToString("D");
}
