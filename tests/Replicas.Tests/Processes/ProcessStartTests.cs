using System.Text;
using InterCluster.Core.Replicas;
using InterCluster.Replicas.Tests.Support;

namespace InterCluster.Replicas.Tests.Processes;

/// <summary>How a replica is started: what it is given, and what not.</summary>
public sealed class ProcessStartTests
{
    [Fact]
    public async Task A_deployed_app_with_min_replicas_is_started_probed_and_put_into_admission()
    {
        await using Scene scene = await Scene.StartAsync();

        scene.Deploy(scene.Config(min: 1));
        await scene.UntilReadyAsync(1);

        ReplicaStatus replica = Assert.Single(scene.Replicas.Replicas);
        Scene.Where where = await scene.WhereAsync();
        Assert.Equal(replica.ProcessId, where.Pid);
        Assert.Equal((where.Pid, where.Pid), (where.Sid, where.Pgid));
        Assert.Equal(scene.Folder, where.Cwd);
        Assert.Equal(ReplicaState.Ready, replica.State);
        Assert.Equal(replica.Address, Assert.Single(scene.Admission.Loads).Replica.Address);
        Assert.InRange(replica.ReadyAt!.Value - replica.StartedAt, TimeSpan.Zero, Scene.Patience);
    }

    [Fact]
    public async Task Its_environment_is_built_from_nothing()
    {
        Environment.SetEnvironmentVariable("INTERCLUSTER_TEST_SECRET", "of the server");
        await using Scene scene = await Scene.StartAsync();

        scene.Deploy(scene.Config(environment: new() { ["COLOUR"] = "grün = green", ["LD_PRELOAD"] = "/evil.so", ["INTERCLUSTER_APP"] = "another" }));
        await scene.UntilReadyAsync(1);
        Dictionary<string, string> seen = await scene.CallAsync<Dictionary<string, string>>("/env");

        string id = scene.Replicas.Replicas[0].Id.Value;
        string[] allowed =
        [
            "COLOUR", "DOTNET_ROOT", "HOME", "INTERCLUSTER_APP", "INTERCLUSTER_PROJECT", "INTERCLUSTER_REPLICA", "INTERCLUSTER_REVISION", "INTERCLUSTER_TOKEN",
            "INTERCLUSTER_TOKEN_FILE", "INTERCLUSTER_URL", "LANG", "PATH", "PORT", "TMPDIR",
        ];
        Assert.Equal(allowed, seen.Keys.Where(k => k != "LC_CTYPE").Order(StringComparer.Ordinal));
        Assert.Equal("grün = green", seen["COLOUR"]);
        Assert.Equal(("p-test", "app", id, "1"), (seen["INTERCLUSTER_PROJECT"], seen["INTERCLUSTER_APP"], seen["INTERCLUSTER_REPLICA"], seen["INTERCLUSTER_REVISION"]));
        Assert.Equal("http://127.0.0.1:8080", seen["INTERCLUSTER_URL"]);
        Assert.EndsWith("p-test/app, 86400 s", seen["INTERCLUSTER_TOKEN"], StringComparison.Ordinal);
        Assert.EndsWith("p-test/app, 3600 s", await File.ReadAllTextAsync(seen["INTERCLUSTER_TOKEN_FILE"]), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(seen["INTERCLUSTER_TOKEN_FILE"]));
        Assert.True(Directory.Exists(seen["HOME"]) && Directory.Exists(seen["TMPDIR"]));
        Assert.EndsWith(":" + seen["PORT"], scene.Replicas.Replicas[0].Address, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_arguments_arrive_byte_by_byte()
    {
        string[] hostile =
        [
            "; rm -rf /", "$(id)", "`id`", "&|<>", "a\nb", "\"q\" 'r' \\", "-rf", "--", "%PATH%", "", " ", "*", "~", "$HOME", "!x", "ä\u0001\u007f😀", "{}", "$PORTAL", "a\tb",
        ];
        await using Scene scene = await Scene.StartAsync();

        scene.Deploy(scene.Config(entrypoint: ["python3", "app.py", .. hostile]));
        await scene.UntilReadyAsync(1);
        byte[] seen = Convert.FromHexString(await scene.CallAsync<string>("/argv"));

        Assert.Equal("python3\0app.py\0" + string.Join('\0', hostile) + "\0", Encoding.UTF8.GetString(seen));
    }

    [Fact]
    public async Task The_port_takes_the_place_of_placeholders_and_of_the_configured_port()
    {
        await using Scene scene = await Scene.StartAsync();

        scene.Deploy(scene.Config(entrypoint: ["python3", "app.py", "--port", "8000", "--bind=0.0.0.0:8000", "http://x:${PORT}/", "$PORT", "{port}", "18000"], port: 8000));
        await scene.UntilReadyAsync(1);
        string port = scene.Replicas.Replicas[0].Address!.Split(':')[^1];
        string seen = Encoding.UTF8.GetString(Convert.FromHexString(await scene.CallAsync<string>("/argv")));

        Assert.Equal($"python3\0app.py\0--port\0{port}\0--bind=0.0.0.0:{port}\0http://x:{port}/\0{port}\0{port}\018000\0", seen);
    }

    [Fact]
    public async Task It_cannot_gain_privileges_has_no_file_of_the_server_and_no_blocked_or_ignored_signal()
    {
        await using Scene scene = await Scene.StartAsync();

        scene.Deploy(scene.Config());
        await scene.UntilReadyAsync(1);
        Dictionary<string, string> status = (await scene.CallAsync<string>("/status")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => l.Split('\t', 2)).ToDictionary(f => f[0].TrimEnd(':'), f => f[1]);
        string[] files = [.. Directory.GetFiles($"/proc/{scene.Replicas.Replicas[0].ProcessId}/fd").Select(f => new FileInfo(f).LinkTarget ?? "")];

        Assert.Equal("1", status["NoNewPrivs"]);
        Assert.Equal(new string('0', 16), status["SigBlk"]);

        // Python itself ignores SIGPIPE (13) and SIGXFSZ (25).
        Assert.Equal(0UL, Convert.ToUInt64(status["SigIgn"], 16) & ~((1UL << 12) | (1UL << 24)));
        Assert.DoesNotContain(files, f => f.Contains("lock", StringComparison.Ordinal) || f.Contains("record", StringComparison.Ordinal));
        Assert.Contains("no new privileges", scene.Replicas.Replicas[0].Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no-such-program", "no program")]
    [InlineData("./app.py", "no program")]
    public async Task A_program_that_cannot_be_run_is_a_crash_with_its_reason(string program, string reason)
    {
        await using Scene scene = await Scene.StartAsync();

        scene.Deploy(scene.Config(entrypoint: [program]));
        await Scene.Eventually(() => scene.Replicas.CrashLoop, "the crash loop");

        Assert.All(scene.Replicas.Replicas, r => Assert.Contains(reason, r.Detail, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Its_output_is_kept_and_followed_with_what_we_say_about_it()
    {
        await using Scene scene = await Scene.StartAsync();
        scene.Deploy(scene.Config());
        await scene.UntilReadyAsync(1);
        using var stop = new CancellationTokenSource(Scene.Patience);
        await using IAsyncEnumerator<LogLine> follower = scene.Fleet.ReadLogsAsync(Scene.App, 100, follow: true, stop.Token).GetAsyncEnumerator(stop.Token);
        var seen = new List<string>();

        await scene.CallAsync<string>("/print/hello");
        while (seen.Count(l => l.EndsWith("hello", StringComparison.Ordinal)) < 2)
        {
            Assert.True(await follower.MoveNextAsync());
            seen.Add($"{follower.Current.Stream} {follower.Current.Text}");
        }

        Assert.StartsWith("event started: revision 1, http://127.0.0.1:", seen[0], StringComparison.Ordinal);
        Assert.StartsWith("event ready after ", seen[1], StringComparison.Ordinal);
        Assert.Equal(["stderr hello", "stdout hello"], seen.Skip(2).Order(StringComparer.Ordinal));
        Assert.Equal(seen.Order(StringComparer.Ordinal), (await scene.LogAsync()).Select(l => $"{l.Stream} {l.Text}").Order(StringComparer.Ordinal));
    }
}
