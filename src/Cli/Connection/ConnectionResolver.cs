using System.CommandLine;
using InterCluster.Cli.CommandLine;
using InterCluster.Core.Naming;

namespace InterCluster.Cli.Connection;

/// <summary>Finds the connection: options, then environment, then the data folder, then defaults.</summary>
internal static class ConnectionResolver
{
    public static string DataFolder(CliHost host) =>
        Path.GetFullPath(host.Variable(ConnectionVariables.DataFolder) ?? Defaults.DataFolder, host.Directory);

    public static ConnectionSettings Resolve(ParseResult parse, CliHost host)
    {
        string folder = DataFolder(host);
        ContextFile file = ContextFile.Read(folder);
        Uri control = Url(
            parse.GetValue(ConnectionOptions.ControlUrl) ?? host.Variable(ConnectionVariables.ControlUrl) ?? file.ControlUrl ?? Defaults.ControlUrl);
        Uri gateway = Url(
            parse.GetValue(ConnectionOptions.GatewayUrl) ?? host.Variable(ConnectionVariables.GatewayUrl) ?? file.GatewayUrl ?? Defaults.GatewayUrl);
        string project = parse.GetValue(ConnectionOptions.Project) ?? host.Variable(ConnectionVariables.Project) ?? file.Project ?? Defaults.Project;
        if (!Names.IsProject(project))
        {
            throw CliException.Usage($"'{project}' is not a project id.", "It begins with p-, then lower-case letters, digits and hyphens, at most 63 characters.");
        }

        (string? token, string source) = Given(parse, host);
        if (token is null && BelongsTo(file, control) && BelongsTo(file, gateway))
        {
            (token, source) = Found(file, project, folder);
        }

        return new ConnectionSettings
        {
            ControlUrl = control, GatewayUrl = gateway, Project = project, Token = token, TokenSource = source, DataFolder = folder,
        };
    }

    private static (string? Token, string Source) Given(ParseResult parse, CliHost host)
    {
        if (parse.GetValue(ConnectionOptions.Token) is { Length: > 0 } option)
        {
            return (Clean(option, "--token"), "--token");
        }

        if (host.Variable(ConnectionVariables.Token) is { } variable)
        {
            return (Clean(variable, ConnectionVariables.Token), ConnectionVariables.Token);
        }

        if (host.Variable(ConnectionVariables.TokenFile) is { } path)
        {
            string full = Path.GetFullPath(path, host.Directory);
            string text = ReadSecret(full)
                ?? throw CliException.Usage($"{ConnectionVariables.TokenFile} names {full}, which cannot be read.");
            return (Clean(text, full), full);
        }

        return (null, "none");
    }

    /// <summary>A token of the data folder: the saved one, when it is of this project, else the server's admin key.</summary>
    private static (string? Token, string Source) Found(ContextFile file, string project, string folder)
    {
        if (file.Token is { } saved && (file.Project ?? Defaults.Project) == project)
        {
            return (Clean(saved, "cli.json"), Path.Combine(folder, "cli.json"));
        }

        string path = Path.Combine(folder, Defaults.AdminKeyFile);
        return ReadSecret(path) is { } key ? (Clean(key, path), path) : (null, "none");
    }

    /// <summary>A secret that was found rather than given is only sent to this machine, or to the server that the data folder names.</summary>
    private static bool BelongsTo(ContextFile file, Uri url) =>
        url.IsLoopback || Same(file.ControlUrl, url) || Same(file.GatewayUrl, url);

    private static bool Same(string? known, Uri url) =>
        Uri.TryCreate(known, UriKind.Absolute, out Uri? uri)
        && Uri.Compare(uri, url, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0;

    private static string? ReadSecret(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string Clean(string token, string source)
    {
        string clean = token.Trim();
        return clean.Length > 0 && !clean.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c > '~')
            ? clean
            : throw CliException.Usage($"The token from {source} is empty or holds characters that no token has.");
    }

    private static Uri Url(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https"
            ? url
            : throw CliException.Usage($"'{text}' is not an http or https URL.");
}
