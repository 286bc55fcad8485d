using System.Net.Http.Json;
using System.Text.Json;
using InterCluster.Core.Admission;
using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Core.Replicas;
using InterCluster.Replicas.Processes;
using InterCluster.Replicas.Server;

namespace InterCluster.Replicas.Tests.Support;

/// <summary>A fleet, a folder with the app of <c>Apps/app.py</c>, and ways to look at both. Everything of it is gone at the end.</summary>
internal sealed class Scene : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly HttpClient Client = new(new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero });

    private readonly string _root = Directory.CreateTempSubdirectory("intercluster-").FullName;

    private Scene(IReadOnlyDictionary<string, string?>? settings)
    {
        Directory.CreateDirectory(Folder);
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Apps", "app.py"), Path.Combine(Folder, "app.py"));
        Server = new TestFleet(Data, settings);
    }

    public static AppId App { get; } = new("p-test", "app");

    public string Data => Path.Combine(_root, "data");

    public string Folder => Path.Combine(_root, "app");

    public TestFleet Server { get; }

    public IReplicaFleet Fleet => Server.Fleet;

    public IAdmission Admission => Server.Admissions.TryGet(App, out IAdmission? admission) ? admission : throw new InvalidOperationException("not deployed");

    public AppReplicas Replicas => Fleet.Describe(App)!;

    public static async Task<Scene> StartAsync(IReadOnlyDictionary<string, string?>? settings = null)
    {
        var scene = new Scene(settings);
        await scene.Server.StartAsync();
        return scene;
    }

    /// <summary>A scene whose fleet has not been started.</summary>
    public static Scene Prepare(IReadOnlyDictionary<string, string?>? settings = null) => new(settings);

    public AppConfig Config(
        int min = 1, int max = 10, string[]? entrypoint = null, string ready = "/ready", string health = "", double coldStart = 60, int port = 0, int concurrency = 100,
        Dictionary<string, string>? environment = null) => new()
        {
            Name = App.App,
            Runtime = new RuntimeConfig
            {
                Folder = Folder,
                Entrypoint = entrypoint ?? ["python3", "app.py"],
                ReadycheckEndpoint = ready,
                HealthcheckEndpoint = health,
                Port = port,
                Environment = environment ?? [],
            },
            Scaling = new ScalingConfig
            {
                MinReplicas = min,
                MaxReplicas = max,
                ReplicaConcurrency = concurrency,
                ColdStartTimeout = TimeSpan.FromSeconds(coldStart),
                ResponseGracePeriod = TimeSpan.FromSeconds(10),
            },
        };

    public void Deploy(AppConfig config, int number = 1) => Server.Deploy(App, config, number);

    public void Mark(string file) => File.WriteAllText(Path.Combine(Folder, file), "");

    public void Unmark(string file) => File.Delete(Path.Combine(Folder, file));

    public Task UntilReadyAsync(int count) => Eventually(() => Admission.Demand.ReadyReplicas == count, () => $"{count} ready; there is {Shown()}");

    public ReplicaStatus[] In(ReplicaState state) => [.. Replicas.Replicas.Where(r => r.State == state)];

    /// <summary>A call as the gateway makes it: a slot, the replica, the slot back.</summary>
    public async Task<T> CallAsync<T>(string path)
    {
        AdmissionResult result = await Admission.AdmitAsync(new CallRequest(CallClass.Sync, 0), CancellationToken.None);
        Assert.True(result.Granted, result.Refusal.ToString());
        try
        {
            return (await Client.GetFromJsonAsync<T>(result.Slot.Replica.Address + path))!;
        }
        finally
        {
            result.Slot.Release();
        }
    }

    public async Task<Where> WhereAsync() => await CallAsync<Where>("/where");

    public static Task Eventually(Func<bool> condition, string what) => Eventually(condition, () => what);

    public static async Task Eventually(Func<bool> condition, Func<string> what)
    {
        long started = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Patience, $"waited in vain for: {what()}");
            await Task.Delay(10);
        }
    }

    public static bool IsAlive(int pid) => ProcessTable.Read(pid) is { IsAlive: true };

    public async Task<List<LogLine>> LogAsync() => await Fleet.ReadLogsAsync(App, 1000, follow: false, CancellationToken.None).ToListAsync();

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    private string Shown() => JsonSerializer.Serialize(Replicas);

    internal sealed record Where(string Cwd, int Pid, int Sid, int Pgid);
}
