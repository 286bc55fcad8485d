using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using InterCluster.Testing.Machines;

namespace InterCluster.Testing.RabbitMq;

/// <summary>The system's RabbitMQ as a user of its own, on the loopback, with everything that it writes in one folder that goes with it.</summary>
internal sealed class NativeRabbitMq : IRabbitMqHost
{
    private const string Program = "/usr/lib/rabbitmq/bin/rabbitmq-server";
    private const string Control = "/usr/lib/rabbitmq/bin/rabbitmqctl";
    private const string Account = "rabbitmq";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("intercluster-rabbitmq-");
    private readonly int _portMapper = Ports.Take();
    private readonly int _distribution = Ports.Take();
    private readonly int _management = Ports.Take();
    private Process? _mapper;
    private Process? _broker;

    public int Port { get; } = Ports.Take();

    public Uri Management => new($"http://127.0.0.1:{_management}");

    public string User => "guest";

    public string Password => "guest";

    public async Task StartAsync()
    {
        await DebianPackage.EnsureAsync("rabbitmq-server", Program);
        if (_mapper is null)
        {
            await PrepareAsync();
            _mapper = Start("epmd", "-port", Text(_portMapper), "-address", "127.0.0.1");
            // A broker that finds none starts one of its own, which outlives it.
            await ListensAsync(_portMapper);
        }

        _broker = Start(Program);
        await RabbitMqManagement.AnswersAsync(Management, User, Password, () => _broker.HasExited, () => Logs());
    }

    // Ends by itself, and with its output: nothing watches over it.
    public Task ControlAsync(params string[] arguments) => SystemProgram.RunAsync(Command([.. SystemProgram.As(Account), Control, .. arguments]));

    public async Task KillAsync()
    {
        await SystemProgram.KillAsync(_broker);
        _broker = null;
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        await SystemProgram.KillAsync(_mapper);
        await SystemProgram.RunAsync("rm", "-rf", _folder.FullName);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static async Task ListensAsync(int port)
    {
        for (int tried = 1; ; tried++)
        {
            using var client = new TcpClient();
            try
            {
                await client.ConnectAsync(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException) when (tried < 200)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }
    }

    private async Task PrepareAsync()
    {
        await File.WriteAllTextAsync(
            Path.Combine(_folder.FullName, "rabbitmq.conf"),
            $"""
            listeners.tcp.1 = 127.0.0.1:{Port}
            management.tcp.ip = 127.0.0.1
            management.tcp.port = {_management}
            management.rates_mode = none
            collect_statistics_interval = 1000
            disk_free_limit.absolute = 50MB
            log.file.level = warning

            """);
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "enabled_plugins"), "[rabbitmq_management].");
        await SystemProgram.GiveAsync(_folder, Account);
    }

    // Ends with the input that this process holds open: a test process that was killed leaves no broker behind. (The kernel's own signal for that follows the
    // thread that started the child, and threads of the pool come and go.)
    private const string UntilInputEnds = """
        exec 3<&0; "$@" </dev/null & child=$!; (cat <&3 >/dev/null; kill -9 $child 2>/dev/null) & wait $child
        """;

    private Process Start(string program, params string[] arguments)
    {
        Process process = Process.Start(Command(["sh", "-c", UntilInputEnds, "sh", .. SystemProgram.As(Account), program, .. arguments]))!;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private ProcessStartInfo Command(string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = _folder.FullName, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach ((string name, string value) in Surroundings())
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private Dictionary<string, string> Surroundings() => new()
    {
        ["HOME"] = _folder.FullName,
        // Runs the broker in the very process that is started, not beside a shell that waits for it.
        ["RUNNING_UNDER_SYSTEMD"] = "1",
        ["ERL_EPMD_PORT"] = Text(_portMapper),
        ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
        ["RABBITMQ_NODENAME"] = $"ic{Port}@localhost",
        ["RABBITMQ_DIST_PORT"] = Text(_distribution),
        ["RABBITMQ_CONF_ENV_FILE"] = "/dev/null",
        ["RABBITMQ_CONFIG_FILE"] = Path.Combine(_folder.FullName, "rabbitmq.conf"),
        ["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(_folder.FullName, "enabled_plugins"),
        ["RABBITMQ_MNESIA_BASE"] = Path.Combine(_folder.FullName, "data"),
        ["RABBITMQ_LOG_BASE"] = Path.Combine(_folder.FullName, "log"),
        ["RABBITMQ_PID_FILE"] = Path.Combine(_folder.FullName, "pid"),
        // Schedulers that do not spin while there is nothing to do: the machine is shared with the tests.
        ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "+sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}",
    };

    private string Logs() => string.Join('\n', _folder.GetFiles("log/*.log").Select(f => File.ReadAllText(f.FullName)));
}
