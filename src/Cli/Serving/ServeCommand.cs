using System.CommandLine;
using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;

namespace InterCluster.Cli.Serving;

/// <summary><c>serve</c>: the server, in this process. Its addresses are those that the other verbs would use, unless told otherwise.</summary>
internal sealed class ServeCommand : CliCommand
{
    /// <summary>The gateway's address in what the server shows.</summary>
    private const string UrlSetting = "InterCluster:Control:GatewayUrl";

    private readonly Option<string?> _data = new("--data")
    {
        Description = $"The data folder [${ConnectionVariables.DataFolder}; default {Defaults.DataFolder}]",
        HelpName = "FOLDER",
    };

    private readonly Option<string[]> _listen = new("--listen")
    {
        Description = "Where calls come in; can be given again [default: the gateway URL]",
        HelpName = "ADDRESS",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string?> _control = new("--control") { Description = "Where the control plane is [default: the control URL]", HelpName = "ADDRESS" };
    private readonly Option<string?> _roles = new("--roles") { Description = "Of api, dispatcher and workers, with commas [default: all]", HelpName = "ROLES" };
    private readonly Option<string?> _config = new("--config") { Description = "Settings as a JSON file", HelpName = "FILE" };

    private readonly Option<string[]> _set = new("--set")
    {
        Description = "A setting; can be given again",
        HelpName = "KEY=VALUE",
        DefaultValueFactory = _ => [],
    };

    private readonly Argument<string[]> _settings = new("SETTING")
    {
        Description = "Behind --: settings as --KEY=VALUE",
        Arity = ArgumentArity.ZeroOrMore,
    };

    public ServeCommand(CliHost host)
        : base(host, "serve", "Run a server on this machine until Ctrl-C.",
        [
            "intercluster serve",
            "intercluster serve --data /var/lib/intercluster --listen http://0.0.0.0:8080",
            "intercluster serve --set InterCluster:Gateway:DrainTimeout=00:01:00",
            "intercluster serve -- --InterCluster:Runs:MaxAsyncBodyBytes=5000000",
        ])
    {
        Options.Add(_data);
        Options.Add(_listen);
        Options.Add(_control);
        Options.Add(_roles);
        Options.Add(_config);
        Options.Add(_set);
        Arguments.Add(_settings);
    }

    /// <summary>The addresses are written down first, so that every command in the same directory finds this server.</summary>
    protected override Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        string directory = session.Host.Directory;
        string folder = session.Get(_data) is { } given ? Path.GetFullPath(given, directory) : session.Connection.DataFolder;
        string[] listen = session.Get(_listen) is { Length: > 0 } addresses ? addresses : [Text(session.Connection.GatewayUrl)];
        string control = session.Get(_control) ?? Text(session.Connection.ControlUrl);
        string gateway = Reachable(listen[0]);
        (ContextFile.Read(folder) with { ControlUrl = Reachable(control), GatewayUrl = gateway }).Write(folder);

        List<string> arguments = ["--data", folder, "--control", control];
        arguments.AddRange(KnowsItsUrl(session) ? [] : ["--set", $"{UrlSetting}={gateway}"]);
        arguments.AddRange(listen.SelectMany(a => new[] { "--listen", a }));
        arguments.AddRange(session.Get(_roles) is { } roles ? ["--roles", roles] : []);
        arguments.AddRange(session.Get(_config) is { } config ? ["--config", Path.GetFullPath(config, directory)] : []);
        arguments.AddRange((session.Get(_set) ?? []).Concat(session.Get(_settings).Select(Setting)).SelectMany(s => new[] { "--set", s }));
        return session.Host.Serve([.. arguments]);
    }

    /// <summary>True when the server may have been told what URLs to show. An address that is only listened on is the next best.</summary>
    private bool KnowsItsUrl(CliSession session) =>
        session.Get(_config) is not null
        || session.Host.Variable(UrlSetting.Replace(":", "__", StringComparison.Ordinal)) is not null
        || (session.Get(_set) ?? []).Concat(session.Get(_settings)).Any(s => s.Contains(UrlSetting, StringComparison.OrdinalIgnoreCase));

    private static string Setting(string text) =>
        text.StartsWith("--", StringComparison.Ordinal) && text.Contains('=', StringComparison.Ordinal)
            ? text[2..]
            : throw CliException.Usage($"'{text}' is not a setting.", "Write --KEY=VALUE behind --.");

    private static string Text(Uri url) => url.GetLeftPart(UriPartial.Authority);

    /// <summary>An address to listen on every interface is reached, from here, by the loopback.</summary>
    private static string Reachable(string address) => address
        .Replace("//*:", "//127.0.0.1:", StringComparison.Ordinal)
        .Replace("//0.0.0.0:", "//127.0.0.1:", StringComparison.Ordinal)
        .Replace("//[::]:", "//127.0.0.1:", StringComparison.Ordinal);
}
