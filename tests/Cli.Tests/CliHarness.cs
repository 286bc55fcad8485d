using System.Text;
using InterCluster.Cli.CommandLine;
using Microsoft.Extensions.Time.Testing;

namespace InterCluster.Cli.Tests;

/// <summary>What the command left behind.</summary>
internal sealed record Outcome(int Exit, string Out, string Error)
{
    public string[] Lines => Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>The real command line, in a directory of its own, against a <see cref="FakeServer"/>.</summary>
internal sealed class CliHarness : IAsyncDisposable
{
    public static readonly DateTimeOffset Now = new(2026, 8, 1, 12, 0, 0, TimeSpan.Zero);

    private CliHarness(FakeServer server)
    {
        Server = server;
        Environment["INTERCLUSTER_CONTROL_URL"] = server.Url;
        Environment["INTERCLUSTER_URL"] = server.Url;
        Environment["INTERCLUSTER_TOKEN"] = "test-token";
    }

    public FakeServer Server { get; }

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("intercluster-cli-").FullName;

    public Dictionary<string, string> Environment { get; } = [];

    public FakeTimeProvider Time { get; init; } = new(Now);

    public string Input { get; set; } = "";

    public bool CanAsk { get; set; }

    public int Width { get; set; } = 200;

    public List<string[]> Served { get; } = [];

    /// <summary>Standard output as it grows, for tests of streaming.</summary>
    public SignallingStream Bytes { get; private set; } = new();

    public static async Task<CliHarness> StartAsync() => new(await FakeServer.StartAsync());

    public static async Task<CliHarness> StartAsync(FakeTimeProvider time) => new(await FakeServer.StartAsync()) { Time = time };

    /// <summary>As in a pipe.</summary>
    public Task<Outcome> RunAsync(params string[] args) => RunAsync(terminal: false, CancellationToken.None, args);

    /// <summary>As a person sees it.</summary>
    public Task<Outcome> OnTerminalAsync(params string[] args) => RunAsync(terminal: true, CancellationToken.None, args);

    public async Task<Outcome> RunAsync(bool terminal, CancellationToken ct, params string[] args)
    {
        Bytes = new SignallingStream();
        using var output = new StreamWriter(Bytes, new UTF8Encoding(false), leaveOpen: true) { AutoFlush = true };
        using var error = new StringWriter();
        int exit = await CliApp.RunAsync(args, Host(terminal, output, error), ct);
        return new Outcome(exit, Bytes.Text, error.ToString());
    }

    public CliHost Host(bool terminal, TextWriter output, TextWriter error) => new()
    {
        Out = output,
        Error = error,
        OutBytes = Bytes,
        Input = new MemoryStream(Encoding.UTF8.GetBytes(Input)),
        OutIsTerminal = terminal,
        ErrorIsTerminal = terminal,
        InputIsTerminal = CanAsk,
        Directory = Directory,
        Environment = name => Environment.GetValueOrDefault(name),
        Width = Width,
        Time = Time,
        Serve = args =>
        {
            Served.Add(args);
            return Task.FromResult(0);
        },
    };

    /// <summary>Writes a file below the directory and returns its path.</summary>
    public string Write(string name, string text)
    {
        string path = Path.Combine(Directory, name);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}
