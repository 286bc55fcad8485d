using System.CommandLine;

namespace InterCluster.Cli.Connection;

/// <summary>The options that every verb understands.</summary>
internal static class ConnectionOptions
{
    public static readonly Option<string?> ControlUrl = new("--url")
    {
        Description = $"Control URL [${ConnectionVariables.ControlUrl}; default {Defaults.ControlUrl}]",
        HelpName = "URL",
        Recursive = true,
    };

    public static readonly Option<string?> GatewayUrl = new("--gateway")
    {
        Description = $"Gateway URL [${ConnectionVariables.GatewayUrl}; default {Defaults.GatewayUrl}]",
        HelpName = "URL",
        Recursive = true,
    };

    public static readonly Option<string?> Project = new("--project", "-p")
    {
        Description = $"Project [${ConnectionVariables.Project}; default {Defaults.Project}]",
        HelpName = "p-NAME",
        Recursive = true,
    };

    public static readonly Option<string?> Token = new("--token")
    {
        Description = $"Token; better in ${ConnectionVariables.Token} or a file named by ${ConnectionVariables.TokenFile}",
        HelpName = "TOKEN",
        Recursive = true,
    };

    public static readonly Option<bool> Json = new("--json")
    {
        Description = "Standard output holds JSON only",
        Recursive = true,
    };

    public static void AddTo(RootCommand root)
    {
        root.Options.Add(ControlUrl);
        root.Options.Add(GatewayUrl);
        root.Options.Add(Project);
        root.Options.Add(Token);
        root.Options.Add(Json);
    }
}
