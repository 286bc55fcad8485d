using InterCluster.Core.Naming;

namespace InterCluster.Core.Routing;

/// <summary>
/// Routing by host, <c>&lt;app&gt;.&lt;project&gt;.&lt;anything&gt;</c>: for clients that cannot set a path, gRPC among them. Taken only when the second
/// label is a project id, so that ordinary host names and addresses stay on the path's rule.
/// </summary>
public static class HostTarget
{
    /// <summary>The longest key in characters: two labels and a slash.</summary>
    public const int MaxKey = (2 * Names.MaxLabel) + 1;

    /// <summary>Writes <c>project/app</c> when the host names an app.</summary>
    /// <param name="host">The Host header, port included or not.</param>
    /// <param name="buffer">At least <see cref="MaxKey"/> characters.</param>
    /// <param name="length">Characters written.</param>
    public static bool TryParse(ReadOnlySpan<char> host, Span<char> buffer, out int length)
    {
        length = 0;
        int first = host.IndexOf('.');
        if (first <= 0)
        {
            return false;
        }

        ReadOnlySpan<char> rest = host[(first + 1)..];
        int second = rest.IndexOf('.');
        if (second <= 0 || !Names.IsProject(rest[..second]) || !Names.IsApp(host[..first]))
        {
            return false;
        }

        rest[..second].CopyTo(buffer);
        buffer[second] = '/';
        host[..first].CopyTo(buffer[(second + 1)..]);
        length = second + 1 + first;
        return true;
    }
}
