using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Keys;

/// <summary>Asks for a new key and hands its token over.</summary>
internal static class KeyIssuing
{
    public static async Task IssueAsync(CliSession session, string path, HttpContent body, bool save, CancellationToken ct)
    {
        ApiAnswer<KeyView> key = await session.Api.ControlAsync<KeyView>(HttpMethod.Post, path, ct, body);
        if (save)
        {
            Save(session, key.Value);
        }

        Show(session, key, save);
    }

    private static void Save(CliSession session, KeyView key)
    {
        ConnectionSettings connection = session.Connection;
        string path = new ContextFile
        {
            ControlUrl = connection.ControlUrl.ToString(),
            GatewayUrl = connection.GatewayUrl.ToString(),
            Project = connection.Project,
            Token = key.Token,
        }.Write(connection.DataFolder);
        session.Console.Notes.Line($"Saved to {path}.");
    }

    /// <summary>A pipe gets the token alone, so that a variable can take it; a saved one is not printed at all.</summary>
    private static void Show(CliSession session, ApiAnswer<KeyView> key, bool saved)
    {
        if (session.Console.IsJson)
        {
            session.Console.Json(key.Json);
            return;
        }

        KeyView view = key.Value;
        session.Console.Notes.Line(
            $"Key {view.Id} ({view.Name}) in {view.Project} may {string.Join(", ", view.Scopes)}; it ends {Durations.Relative(view.ExpiresAt, session.Now)}.");
        if (!saved)
        {
            session.Console.Notes.Line(new Cell("The token is shown once and kept nowhere:", Tone.Warn));
            session.Console.Result.Line(view.Token);
        }
    }
}
