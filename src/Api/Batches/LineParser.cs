using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;

namespace InterCluster.Api.Batches;

/// <summary>
/// Reads a line of a batch: one JSON object, straight from its bytes. The body is kept as it was written, byte for byte. Whatever the line holds, it ends
/// in a run or in an error, never in an exception. Not thread-safe.
/// </summary>
internal sealed class LineParser(LineContext context, TimeProvider time)
{
    private static readonly JsonReaderOptions Json = new() { MaxDepth = 64 };

    private readonly LineHeaders _headers = new(context.OurHeaders);

    /// <summary>The run of a line; null with an error.</summary>
    public NewRun? Parse(ReadOnlySpan<byte> line, long number, out LineError? error)
    {
        error = null;
        try
        {
            if (!Utf8.IsValid(line))
            {
                error = new LineError(LineCodes.InvalidJson, "The line is not UTF-8.");
                return null;
            }

            var fields = new LineFields(context, _headers, time.GetUtcNow());
            error = Read(line, ref fields) ?? fields.Check();
            return error is null ? fields.ToRun(RunId.New(time), number) : null;
        }
        catch (JsonException)
        {
            error = new LineError(LineCodes.InvalidJson, "The line is not one JSON object.");
            return null;
        }
        catch (InvalidOperationException)
        {
            // A string with half of a surrogate pair.
            error = new LineError(LineCodes.InvalidJson, "A text in the line is not Unicode.");
            return null;
        }
    }

    private static LineError? Read(ReadOnlySpan<byte> line, ref LineFields fields)
    {
        var reader = new Utf8JsonReader(line, Json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return new LineError(LineCodes.InvalidJson, "The line is not one JSON object.");
        }

        LineError? error = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            // A line that is no JSON further on is told as such, whatever else was found in it before.
            LineError? found = fields.Read(ref reader, line);
            error ??= found;
        }

        // Whatever follows the object makes the reader throw.
        reader.Read();
        return error;
    }

    /// <summary>True for a line that holds nothing.</summary>
    public static bool IsBlank(ReadOnlySpan<byte> line) => line.TrimEnd((byte)'\r').IndexOfAnyExcept((byte)' ', (byte)'\t') < 0;

    /// <summary>How a name that a caller chose is shown.</summary>
    internal static string Show(ref Utf8JsonReader reader)
    {
        string name = reader.GetString() ?? "";
        var shown = new StringBuilder();
        foreach (char c in name.Length <= 64 ? name : name[..64])
        {
            shown.Append(char.IsControl(c) || char.IsSurrogate(c) ? '?' : c);
        }

        return shown.ToString();
    }
}
