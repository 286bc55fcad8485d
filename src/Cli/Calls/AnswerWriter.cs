using System.Buffers;
using System.Globalization;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json.Nodes;
using InterCluster.Cli.CommandLine;

namespace InterCluster.Cli.Calls;

/// <summary>Writes an app's answer to standard output as it comes: every piece is shown when it is here, not when the answer is whole.</summary>
internal static class AnswerWriter
{
    private const int PieceSize = 16 << 10;

    public static async Task WriteBodyAsync(CliSession session, HttpResponseMessage response, CancellationToken ct)
    {
        await using Stream body = await response.Content.ReadAsStreamAsync(ct);
        Stream output = session.Console.OpenBody();
        byte[] piece = ArrayPool<byte>.Shared.Rent(PieceSize);
        try
        {
            byte last = (byte)'\n';
            for (int read, total = 0; (read = await body.ReadAsync(piece, ct)) > 0; total += read)
            {
                if (total == 0 && session.Console.IsTerminal && piece.AsSpan(0, read).Contains((byte)0))
                {
                    session.Console.Notes.Line($"The answer is binary ({response.Content.Headers.ContentType}): use --output FILE or a pipe.");
                    return;
                }

                await output.WriteAsync(piece.AsMemory(0, read), ct);
                await output.FlushAsync(ct);
                last = piece[read - 1];
            }

            if (session.Console.IsTerminal && last != '\n')
            {
                await output.WriteAsync("\n"u8.ToArray(), ct);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    public static async Task WriteFileAsync(HttpResponseMessage response, string path, CancellationToken ct)
    {
        await using FileStream file = File.Create(path);
        await response.Content.CopyToAsync(file, ct);
    }

    /// <summary>The data of each server-sent event on a line of its own; with <c>--json</c>, a JSON document for each.</summary>
    public static async Task WriteEventsAsync(CliSession session, HttpResponseMessage response, CancellationToken ct)
    {
        await using Stream body = await response.Content.ReadAsStreamAsync(ct);
        Stream output = session.Console.OpenBody();
        await foreach (SseItem<string> item in SseParser.Create(body).EnumerateAsync(ct))
        {
            if (session.Console.IsJson)
            {
                session.Console.Json(AnswerJson.ToElement(Event(item)));
            }
            else
            {
                await output.WriteAsync(Encoding.UTF8.GetBytes(item.Data + "\n"), ct);
                await output.FlushAsync(ct);
            }
        }
    }

    public static string Headers(HttpResponseMessage response)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"HTTP/{response.Version} {(int)response.StatusCode} {response.ReasonPhrase}");
        foreach ((string name, IEnumerable<string> values) in response.Headers.Concat(response.Content.Headers))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{name}: {string.Join(", ", values)}");
        }

        return text.ToString();
    }

    private static JsonObject Event(SseItem<string> item)
    {
        var json = new JsonObject { ["event"] = item.EventType, ["data"] = item.Data };
        if (item.EventId is { Length: > 0 } id)
        {
            json["id"] = id;
        }

        return json;
    }
}
