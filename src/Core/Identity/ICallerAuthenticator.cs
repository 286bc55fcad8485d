using System.Diagnostics.CodeAnalysis;

namespace InterCluster.Core.Identity;

/// <summary>Tells who a caller is from an <c>Authorization</c> header. Verified tokens are remembered until they expire or are revoked.</summary>
public interface ICallerAuthenticator
{
    /// <summary>
    /// The caller of a header that was verified before and is still valid. Allocates nothing and never blocks: safe on an I/O thread.
    /// False says only that it has to be verified.
    /// </summary>
    /// <param name="authorization">The whole header value, scheme included.</param>
    /// <param name="caller">The caller.</param>
    bool TryRemembered(string authorization, [NotNullWhen(true)] out Caller? caller);

    /// <summary>Verifies a header, on the thread pool (a signature costs about 100 µs); null when it is not valid, whatever the reason.</summary>
    ValueTask<Caller?> VerifyAsync(string authorization, CancellationToken ct);
}
