using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using InterCluster.Core.Batches;
using InterCluster.Core.Runs;

namespace InterCluster.Api.Batches;

/// <summary>
/// A result as a line of NDJSON. The body stands in it as a line of a batch has it: <c>body</c> when the answer is JSON, <c>body_text</c> when it is text, else
/// <c>body_base64</c>.
/// </summary>
internal static class ResultLine
{
    private static readonly SearchValues<byte> LineEnds = SearchValues.Create("\r\n"u8);

    public static void Write(Utf8JsonWriter json, ArrayBufferWriter<byte> buffer, BatchResult result)
    {
        json.Reset(buffer);
        RunInfo run = result.Run;
        json.WriteStartObject();
        json.WriteNumber("line"u8, run.Line!.Value);
        json.WriteString("run_id"u8, run.Id.Value);
        json.WriteString("state"u8, Word(run.State));
        json.WriteNumber("attempt"u8, run.Attempt);
        if (run.Tag is { } tag)
        {
            json.WriteString("tag"u8, tag);
        }

        if (run.Error is { } error)
        {
            json.WriteString("error"u8, error);
        }

        if (result.Response is { } response && run.State != RunState.Cancelled)
        {
            WriteAnswer(json, response);
        }

        json.WriteEndObject();
        json.Flush();
        buffer.Write("\n"u8);
    }

    private static void WriteAnswer(Utf8JsonWriter json, RunResponse response)
    {
        json.WriteNumber("status"u8, response.Status);
        json.WriteStartObject("headers"u8);
        foreach (IGrouping<string, StoredHeader> header in response.Headers.GroupBy(h => h.Name, StringComparer.OrdinalIgnoreCase))
        {
            json.WriteString(header.Key, string.Join(", ", header.Select(h => h.Value)));
        }

        json.WriteEndObject();
        ReadOnlySpan<byte> body = response.Body.Span;
        if (body.IsEmpty)
        {
            return;
        }

        if (!Utf8.IsValid(body))
        {
            json.WriteBase64String("body_base64"u8, body);
        }
        else if (!IsJson(response) || !TryWriteJson(json, body))
        {
            json.WriteString("body_text"u8, body);
        }
    }

    // As it came, but for its line ends: outside of a text, where JSON has no other, they mean what a blank means.
    private static bool TryWriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> body)
    {
        if (!IsSound(body))
        {
            return false;
        }

        json.WritePropertyName("body"u8);
        if (body.ContainsAny((byte)'\n', (byte)'\r'))
        {
            byte[] flat = body.ToArray();
            flat.AsSpan().ReplaceAny(LineEnds, (byte)' ');
            body = flat;
        }

        json.WriteRawValue(body, skipInputValidation: true);
        return true;
    }

    private static bool IsSound(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool IsJson(RunResponse response)
    {
        string? type = response.Headers.FirstOrDefault(h => h.Name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)).Value;
        ReadOnlySpan<char> media = type.AsSpan();
        int end = media.IndexOf(';');
        media = (end < 0 ? media : media[..end]).Trim();
        return media.Equals("application/json", StringComparison.OrdinalIgnoreCase) || media.EndsWith("+json", StringComparison.OrdinalIgnoreCase);
    }

    private static string Word(RunState state) => state switch
    {
        RunState.Scheduled => "scheduled",
        RunState.Queued => "queued",
        RunState.Running => "running",
        RunState.Succeeded => "succeeded",
        RunState.Failed => "failed",
        RunState.Cancelled => "cancelled",
        _ => "dead",
    };
}
