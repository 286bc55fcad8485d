using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using InterCluster.Api.Problems;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace InterCluster.Api.Control;

/// <summary>Reads the bodies of the control plane: bounded, never decompressed, of the types that an endpoint knows.</summary>
internal static class RequestBody
{
    private const int MaxJson = 64 * 1024;
    private const int Chunk = 4096;

    /// <summary>What we read is held to more than what we write: no null where a value is needed, no text for a number.</summary>
    private static readonly JsonSerializerOptions Strict = new(WireJson.Options)
    {
        RespectNullableAnnotations = true,
        NumberHandling = JsonNumberHandling.Strict,
    };

    /// <summary>The media type when it is one of these and the body is plain UTF-8; else null, and it has answered 415.</summary>
    public static async ValueTask<string?> TypeAsync(HttpContext context, params string[] known)
    {
        if (!context.Request.Headers.ContainsKey(HeaderNames.ContentEncoding)
            && MediaTypeHeaderValue.TryParse(context.Request.ContentType, out MediaTypeHeaderValue? type)
            && (type.Charset.Length == 0 || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase))
            && known.FirstOrDefault(k => type.MediaType.Equals(k, StringComparison.OrdinalIgnoreCase)) is { } match)
        {
            return match;
        }

        await Problem.WriteAsync(
            context, StatusCodes.Status415UnsupportedMediaType, ProblemCodes.UnsupportedMediaType,
            $"Send {string.Join(" or ", known)} in UTF-8, without a content coding.");
        return null;
    }

    /// <summary>The body; null when it is over the limit, and it has answered 413.</summary>
    public static async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(HttpContext context, int limit)
    {
        var buffer = new ArrayBufferWriter<byte>(Chunk);
        bool tooLarge = context.Request.ContentLength > limit;
        while (!tooLarge)
        {
            int read = await context.Request.Body.ReadAsync(buffer.GetMemory(1), context.RequestAborted);
            if (read == 0)
            {
                return buffer.WrittenMemory;
            }

            buffer.Advance(read);
            tooLarge = buffer.WrittenCount > limit;
        }

        await Problem.WriteAsync(
            context, StatusCodes.Status413PayloadTooLarge, ProblemCodes.TooLarge, $"The body is larger than the limit of {limit} bytes.");
        return null;
    }

    /// <summary>A JSON body; null when it cannot be read, and it has answered.</summary>
    /// <param name="context">The call.</param>
    /// <param name="fallback">What a call without a body means; null when there must be one.</param>
    public static async ValueTask<T?> JsonAsync<T>(HttpContext context, T? fallback = null)
        where T : class
    {
        if (fallback is not null && context.Request.ContentType is null && context.Request.ContentLength is null or 0)
        {
            return fallback;
        }

        if (await TypeAsync(context, "application/json") is null || await ReadAsync(context, MaxJson) is not { } body)
        {
            return null;
        }

        string detail;
        try
        {
            if (JsonSerializer.Deserialize<T>(body.Span, Strict) is { } value)
            {
                return value;
            }

            detail = "The body is null.";
        }
        catch (JsonException e)
        {
            // Not the parser's own words: they name types of ours.
            detail = e.Path is { Length: > 1 } path ? $"The body is not what is expected at {path}." : "The body is not the JSON that is expected.";
        }

        await Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ProblemCodes.InvalidRequest, detail);
        return null;
    }
}
