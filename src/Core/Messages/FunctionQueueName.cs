using System.Security.Cryptography;
using System.Text;
using InterCluster.Core.Naming;

namespace InterCluster.Core.Messages;

/// <summary>
/// The name of a function's queue on the bus: <c>fn.{project}.{app}.{function}</c>. Unambiguous: project and app hold no dot, so the first three dots
/// divide it; the root function is the empty last part, which no other function has. A name over <see cref="MaxLength"/> ends in a hash of the whole.
/// </summary>
public static class FunctionQueueName
{
    /// <summary>The longest queue name, in characters: within the 255 bytes of AMQP, with room for the suffixes of a bus (<c>_skipped</c>).</summary>
    public const int MaxLength = 200;

    /// <summary>The one exchange that runs are sent to; a function's queue is bound to it by its own name.</summary>
    public const string Exchange = "runs-ready";

    private const string Prefix = "fn.";
    private const string HashedPrefix = "fh.";

    /// <summary>True for the name of a function's queue.</summary>
    public static bool IsFunctionQueue(string queue) =>
        queue.StartsWith(Prefix, StringComparison.Ordinal) || queue.StartsWith(HashedPrefix, StringComparison.Ordinal);

    /// <summary>The queue's name.</summary>
    public static string Of(FunctionId function)
    {
        // '~' and upper case are not safe in every broker and on every file system: escaped, with '_' itself as the escape.
        string name = $"{Prefix}{function.App.Project}.{function.App.App}.{Escape(function.Function)}";
        return name.Length <= MaxLength ? name : Hashed(name);
    }

    private static string Escape(string function)
    {
        if (function == FunctionId.Root)
        {
            return "";
        }

        var escaped = new StringBuilder(function.Length + 8);
        foreach (char c in function)
        {
            if (c is '_' or '~' || char.IsAsciiLetterUpper(c))
            {
                escaped.Append('_').Append(c == '~' ? '-' : char.ToLowerInvariant(c));
            }
            else
            {
                escaped.Append(c);
            }
        }

        return escaped.ToString();
    }

    // A prefix of its own: no plain name can equal a hashed one.
    private static string Hashed(string name)
    {
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(name)));
        return string.Concat(HashedPrefix, name.AsSpan(Prefix.Length, MaxLength - HashedPrefix.Length - hash.Length - 1), ".", hash);
    }
}
