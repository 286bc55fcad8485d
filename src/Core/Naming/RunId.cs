using System.Diagnostics.CodeAnalysis;

namespace InterCluster.Core.Naming;

/// <summary>
/// The id of one invocation, sync or async: a UUID version 7 (RFC 9562), so ids sort by the millisecond they were made in
/// and keep 74 random bits. Travels as <c>X-Request-Id</c>.
/// </summary>
/// <param name="Value">The UUID.</param>
public readonly record struct RunId(Guid Value)
{
    /// <summary>Makes a new id stamped with the provider's time.</summary>
    public static RunId New(TimeProvider time) => new(Guid.CreateVersion7(time.GetUtcNow()));

    /// <summary>Reads the canonical form with hyphens, any case; anything else is refused.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out RunId id)
    {
        bool ok = Guid.TryParseExact(text, "D", out Guid value);
        id = new RunId(value);
        return ok;
    }


    /// <summary>The canonical lower-case form with hyphens.</summary>
    public override string ToString() => Value.ToString("D");
}
