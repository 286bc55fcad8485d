using System.Diagnostics;
using System.Globalization;
using InterCluster.Testing.Machines;
using Npgsql;

namespace InterCluster.Testing.Postgres;

/// <summary>The system's PostgreSQL as a user of its own, on the loopback, with everything that it writes in one folder that goes with it.</summary>
internal sealed class NativePostgres : IServerHost
{
    private const string Packages = "/usr/lib/postgresql";
    private const string Account = "postgres";
    private const int Tries = 3;
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("intercluster-postgres-");
    private string? _programs;
    private readonly Queue<string> _output = new();
    private Process? _server;

    public int Port { get; private set; } = Ports.Take();

    public string User => "intercluster";

    public string Password => "intercluster";

    private string Data => Path.Combine(_folder.FullName, "data");

    public async Task StartAsync()
    {
        if (_programs is null)
        {
            _programs = await FindAsync();
            await InitialiseAsync();
        }

        // Somebody else may have taken the port since it was found free.
        for (int attempt = 1; !await TryStartAsync(); attempt++)
        {
            if (attempt == Tries)
            {
                throw new InvalidOperationException($"PostgreSQL does not start on port {Port}: {string.Join('\n', _output)}");
            }

            Port = Ports.Take();
        }
    }

    public async Task KillAsync()
    {
        await SystemProgram.KillAsync(_server);
        _server = null;
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        await SystemProgram.RunAsync("rm", "-rf", _folder.FullName);
    }

    private static async Task<string> FindAsync()
    {
        await DebianPackage.EnsureAsync("postgresql", Newest() is { } bin ? Path.Combine(bin, "postgres") : Path.Combine(Packages, "15/bin/postgres"));
        return Newest() ?? throw new InvalidOperationException($"There is no PostgreSQL under {Packages}: install the package postgresql.");
    }

    private static string? Newest() => !Directory.Exists(Packages) ? null : Directory.GetDirectories(Packages)
        .Select(folder => Path.Combine(folder, "bin"))
        .Where(bin => File.Exists(Path.Combine(bin, "postgres")))
        .MaxBy(bin => int.TryParse(Path.GetFileName(Path.GetDirectoryName(bin)), CultureInfo.InvariantCulture, out int version) ? version : 0);

    private async Task InitialiseAsync()
    {
        string password = Path.Combine(_folder.FullName, "password");
        await File.WriteAllTextAsync(password, Password);
        await SystemProgram.GiveAsync(_folder, Account);
        await SystemProgram.RunAsync(
            [.. SystemProgram.As(Account), Path.Combine(_programs!, "initdb"), "-D", Data, "-U", User, "--pwfile", password, "-A", "scram-sha-256", "-E", "UTF8", "--no-locale", "--no-sync"]);
    }

    private async Task<bool> TryStartAsync()
    {
        _server = Start();
        using var limit = new CancellationTokenSource(StartTime);
        while (!_server.HasExited && !limit.IsCancellationRequested)
        {
            if (await AnswersAsync())
            {
                return true;
            }

            await Task.Delay(50, limit.Token);
        }

        await KillAsync();
        return false;
    }

    // Until it answers to our own user with our own password: it is this server, and not another one on the port.
    private async Task<bool> AnswersAsync()
    {
        try
        {
            await using var connection = new NpgsqlConnection(PostgresServer.ConnectionString(this, "postgres") + ";Pooling=false;Timeout=2");
            await connection.OpenAsync();
            return true;
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            return false;
        }
    }

    // The parent's death ends the child: a test process that was killed leaves no server behind. To the system the parent is the thread that started
    // it, so that is one that lives as long.
    private Process Start()
    {
        string[] command = Command();
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = _folder.FullName, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        var started = new TaskCompletionSource<Process>();
        new Thread(() =>
        {
            Process process = Process.Start(start)!;
            process.OutputDataReceived += (_, line) => Keep(line.Data);
            process.ErrorDataReceived += (_, line) => Keep(line.Data);
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            started.SetResult(process);
            process.WaitForExit();
        }) { IsBackground = true, Name = "postgres" }.Start();
        return started.Task.GetAwaiter().GetResult();
    }

    private void Keep(string? line)
    {
        lock (_output)
        {
            _output.Enqueue(line ?? "");
            if (_output.Count > 50)
            {
                _output.Dequeue();
            }
        }
    }

    private string[] Command() =>
    [
        .. SystemProgram.As(Account, "--pdeathsig=KILL"), Path.Combine(_programs!, "postgres"), "-D", Data, "-p", Port.ToString(CultureInfo.InvariantCulture),
        "-c", "listen_addresses=127.0.0.1", "-c", $"unix_socket_directories={_folder.FullName}", "-c", "max_connections=300",
        // What was written outlives a killed server without a sync; only a power loss would not be survived.
        "-c", "logging_collector=off", "-c", "shared_buffers=128MB", "-c", "fsync=off", "-c", "full_page_writes=off",
    ];
}
