using System.Net;
using System.Text;
using System.Text.Json;
using InterCluster.Cli.CommandLine;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Connection;

/// <summary>Reads RFC 9457 problem details.</summary>
internal static class ProblemReader
{
    /// <summary>True when the answer says that it is a problem of ours: the right type, with a code.</summary>
    public static bool TryRead(HttpResponseMessage response, ReadOnlySpan<byte> body, out ProblemView problem, out JsonElement json)
    {
        problem = null!;
        json = default;
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json")
        {
            return false;
        }

        try
        {
            json = JsonElement.Parse(body);
            problem = LenientJson.Read<ProblemView>(json);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    public static CliException Failure(HttpResponseMessage response, ReadOnlySpan<byte> body, ConnectionSettings connection)
    {
        int exit = ExitCodes.ForStatus(response.StatusCode);
        exit = exit == ExitCodes.Ok ? ExitCodes.Failed : exit;
        if (!TryRead(response, body, out ProblemView problem, out JsonElement json))
        {
            return new CliException(exit, $"{Asked(response)} was answered with {Words(response.StatusCode)}. {Start(body)}".TrimEnd());
        }

        string what = problem.Detail is { Length: > 0 } detail ? detail : problem.Title;
        return new CliException(exit, what)
        {
            RunId = problem.RunId,
            Code = problem.Code,
            Advice = WithRetry(Advice.For(problem.Code, connection), response.Headers.RetryAfter?.Delta),
            Mistakes = problem.Errors ?? [],
            Problem = json,
        };
    }

    private static string? WithRetry(string? advice, TimeSpan? delay) =>
        delay is { } wait ? $"{advice ?? "Try again later."} The server asks for {Terminal.Durations.Show(wait)} of patience." : advice;

    private static string Asked(HttpResponseMessage response) =>
        $"{response.RequestMessage?.Method} {response.RequestMessage?.RequestUri?.AbsolutePath}";

    private static string Words(HttpStatusCode status) => $"{(int)status} {status}";

    private static string Start(ReadOnlySpan<byte> body)
    {
        string text = Encoding.UTF8.GetString(body[..Math.Min(body.Length, 300)]).Trim();
        return text.StartsWith('<') ? "" : text;
    }
}
