using System.Text;
using InterCluster.Cli.Terminal;

namespace InterCluster.Cli.CommandLine;

/// <summary>The world around the command: everything that a test replaces.</summary>
internal sealed record CliHost
{
    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    /// <summary>Standard output as bytes, for bodies.</summary>
    public required Stream OutBytes { get; init; }

    public required Stream Input { get; init; }

    public required bool OutIsTerminal { get; init; }

    public required bool ErrorIsTerminal { get; init; }

    public required bool InputIsTerminal { get; init; }

    public required string Directory { get; init; }

    public required Func<string, string?> Environment { get; init; }

    public int Width { get; init; } = 80;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Runs the server in this process until it is stopped.</summary>
    public Func<string[], Task<int>> Serve { get; init; } = InterCluster.Server.ServerProgram.RunAsync;

    public static CliHost Real()
    {
        Stream output = StandardOutput.Open();
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        return new CliHost
        {
            Out = new StreamWriter(output, utf8) { AutoFlush = true },
            Error = new StreamWriter(Console.OpenStandardError(), utf8) { AutoFlush = true },
            OutBytes = output,
            Input = Console.OpenStandardInput(),
            OutIsTerminal = !Console.IsOutputRedirected,
            ErrorIsTerminal = !Console.IsErrorRedirected,
            InputIsTerminal = !Console.IsInputRedirected,
            Directory = System.IO.Directory.GetCurrentDirectory(),
            Environment = System.Environment.GetEnvironmentVariable,
            Width = TerminalWidth(),
        };
    }

    /// <summary>An environment variable; empty counts as not set.</summary>
    public string? Variable(string name) => Environment(name) is { Length: > 0 } value ? value : null;

    private static int TerminalWidth()
    {
        int width = Console.IsOutputRedirected && Console.IsErrorRedirected ? 0 : Console.WindowWidth;
        return width > 0 ? width : 80;
    }
}
