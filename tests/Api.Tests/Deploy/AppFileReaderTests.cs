using InterCluster.Api.Deploy;
using InterCluster.Core.Apps;

namespace InterCluster.Api.Tests.Deploy;

public sealed class AppFileReaderTests : AppFileReading
{
    [Fact]
    public void An_unchanged_cerebrium_file_is_read_with_its_defaults()
    {
        AppFileResult result = Read("""
            [cerebrium.deployment]
            name = "caption"
            python_version = "3.12"
            include = ["./*", "main.py"]
            exclude = [".*"]
            shell_commands = []
            docker_base_image_url = "debian:bookworm-slim"

            [cerebrium.runtime.custom]
            port = 8000
            entrypoint = ["uvicorn", "main:app", "--port", "8000"]
            healthcheck_endpoint = "/health"

            [cerebrium.hardware]
            cpu = 2
            memory = 16.5
            compute = "CPU"
            provider = "aws"
            region = "us-east-1"

            [cerebrium.scaling]
            max_replicas = 3
            compute_tier = "standard"

            [cerebrium.dependencies.pip]
            numpy = "latest"
            """);

        Assert.Empty(result.Errors);
        AppConfig config = result.Config!;
        Assert.Equal(("caption", false), (config.Name, config.DisableAuth));
        Assert.Equal(["uvicorn", "main:app", "--port", "8000"], config.Runtime.Entrypoint);
        Assert.Equal((8000, "/health", "", ReplicaProtocol.Http1), (config.Runtime.Port, config.Runtime.HealthcheckEndpoint, config.Runtime.ReadycheckEndpoint, config.Runtime.Protocol));
        Assert.Equal(Folder, config.Runtime.Folder);
        Assert.Equal(new HardwareConfig { Cpu = 2, MemoryGb = 16.5 }, config.Hardware);
        Assert.Equal(new ScalingConfig { MaxReplicas = 3 }, config.Scaling);
        Assert.Equal(
            [
                "cerebrium.deployment.python_version", "cerebrium.deployment.include", "cerebrium.deployment.exclude", "cerebrium.deployment.shell_commands",
                "cerebrium.deployment.docker_base_image_url", "cerebrium.hardware.provider", "cerebrium.hardware.region", "cerebrium.scaling.compute_tier",
                "cerebrium.dependencies",
            ],
            result.NotApplicable);
    }

    [Fact]
    public void The_defaults_are_those_of_the_reference_product()
    {
        ScalingConfig scaling = Read(Minimal()).Config!.Scaling;

        Assert.Equal((0, 1, 100, 900, 10), (scaling.MinReplicas, scaling.MaxReplicas, scaling.ReplicaConcurrency, scaling.ResponseGracePeriod.TotalSeconds, scaling.Cooldown.TotalSeconds));
        Assert.Equal(("concurrency_utilization", 100d, 0, 30d, "", 0d), (scaling.Metric, scaling.Target, scaling.Buffer, scaling.EvaluationInterval.TotalSeconds, scaling.LoadBalancingAlgorithm, scaling.RollOutDuration.TotalSeconds));
        Assert.Equal("round-robin", scaling.EffectiveLoadBalancing);
    }

    [Theory]
    [InlineData("compute = \"AMPERE_A10\"", 1, 1)]
    [InlineData("compute = [\"ADA_L40\", \"CPU\"]", 1, 1)]
    [InlineData("compute = [\"CPU\", \"ADA_L40\"]", 100, 0)]
    [InlineData("gpu_count = 2", 1, 2)]
    [InlineData("compute = \"CPU\"", 100, 0)]
    public void A_gpu_makes_the_default_concurrency_one(string hardware, int concurrency, int gpus)
    {
        AppConfig config = Read(Minimal($"[intercluster.hardware]\n{hardware}")).Config!;

        Assert.Equal((concurrency, gpus), (config.Scaling.ReplicaConcurrency, config.Hardware.GpuCount));
    }

    [Fact]
    public void Our_own_keys_are_read()
    {
        AppConfig config = Read("""
            [intercluster.deployment]
            name = "chat"
            disable_auth = true

            [intercluster.runtime.custom]
            port = 8000
            entrypoint = "dotnet Chat.dll --greeting 'good day'"
            protocol = "http2"
            abandoned_calls = "stop"
            environment = { MODEL = "small", GREETING = "" }

            [intercluster.scaling]
            queue_timeout = 0.5
            cold_start_timeout = "2m"
            queue_max_length = 0
            queue_max_bytes = 1048576
            batch_share = 0.25
            cooldown = "1h"
            response_grace_period = "1500ms"
            load_balancing_algorithm = "min-connections"
            """).Config!;

        Assert.True(config.DisableAuth);
        Assert.Equal(["dotnet", "Chat.dll", "--greeting", "good day"], config.Runtime.Entrypoint);
        Assert.Equal((ReplicaProtocol.Http2, true), (config.Runtime.Protocol, config.Runtime.StopsAbandonedCalls));
        Assert.Equal(new Dictionary<string, string> { ["MODEL"] = "small", ["GREETING"] = "" }, config.Runtime.Environment);
        Assert.Equal(
            new ScalingConfig
            {
                QueueTimeout = TimeSpan.FromSeconds(0.5), ColdStartTimeout = TimeSpan.FromMinutes(2), QueueMaxLength = 0, QueueMaxBytes = 1 << 20, BatchShare = 0.25,
                Cooldown = TimeSpan.FromHours(1), ResponseGracePeriod = TimeSpan.FromSeconds(1.5), LoadBalancingAlgorithm = "min-connections",
            },
            config.Scaling);
    }

    [Fact]
    public void What_is_read_and_not_acted_on_is_reported()
    {
        AppFileResult result = Read(Minimal("[intercluster.scaling]\nroll_out_duration_seconds = 60\nevaluation_interval_seconds = 60\nscaling_metric = \"queue_depth\"\nscaling_target = 500"));

        Assert.Empty(result.Errors);
        Assert.Equal((ScalingMetrics.QueueDepth, 500d), (result.Config!.Scaling.Metric, result.Config.Scaling.Target));
        Assert.Equal(["intercluster.scaling.evaluation_interval_seconds"], result.NotApplicable);
    }

    [Fact]
    public void Measured_metrics_are_taken_with_their_window()
    {
        AppFileResult rate = Read(Minimal("[intercluster.scaling]\nevaluation_interval_seconds = 60\nscaling_metric = \"requests_per_second\"\nscaling_target = 500\nscaling_buffer = 1"));
        AppFileResult cpu = Read(Minimal("[intercluster.hardware]\ncpu = 2\n[intercluster.scaling]\nmin_replicas = 1\nscaling_metric = \"cpu_utilization\"\nscaling_target = 60\nscaling_buffer = 1"));

        Assert.Empty(rate.Errors.Concat(cpu.Errors));
        Assert.Equal((500d, 60d, 1), (rate.Config!.Scaling.Target, rate.Config.Scaling.EvaluationInterval.TotalSeconds, rate.Config.Scaling.Buffer));
        Assert.Empty(rate.NotApplicable);
        Assert.Equal(["intercluster.scaling.scaling_buffer"], cpu.NotApplicable);
    }

    [Theory]
    [InlineData("[intercluster.scaling]\nscaling_metric = \"cpu_utilization\"", "needs min_replicas of 1 or more")]
    [InlineData("[intercluster.scaling]\nscaling_metric = \"cpu_utilization\"\nmin_replicas = 1", "is a percentage of cpu under hardware, which is not set")]
    [InlineData("[intercluster.scaling]\nscaling_metric = \"memory_utilization\"\nmin_replicas = 1", "is a percentage of memory under hardware, which is not set")]
    [InlineData("[intercluster.replicas]\naddresses = [\"http://10.0.0.1:80\"]\n[intercluster.hardware]\ncpu = 1\n[intercluster.scaling]\nscaling_metric = \"cpu_utilization\"\nmin_replicas = 1", "replicas given by address are not measured")]
    public void A_metric_that_cannot_be_measured_is_refused_and_told_why(string tables, string why)
    {
        AppFileResult result = Read(Minimal(tables));

        Assert.Contains(result.Errors, error => error.StartsWith("intercluster.scaling.scaling_metric = ", StringComparison.Ordinal) && error.Contains(why, StringComparison.Ordinal));
    }

    [Fact]
    public void Json_says_the_same_as_toml()
    {
        AppFileResult toml = Read(Minimal("[intercluster.scaling]\nmax_replicas = 4\ncooldown = \"20s\""));
        AppFileResult json = Read(
            """{"intercluster":{"deployment":{"name":"caption"},"runtime":{"custom":{"port":8000,"entrypoint":["run"]}},"scaling":{"max_replicas":4,"cooldown":"20s"}}}""",
            AppFileFormat.Json);

        Assert.Empty(json.Errors);
        Assert.Equal(toml.Config!.Scaling, json.Config!.Scaling);
        Assert.Equal(toml.Config.Runtime.Entrypoint, json.Config.Runtime.Entrypoint);
    }

    [Fact]
    public void A_static_app_needs_neither_a_folder_nor_an_entrypoint()
    {
        AppFileResult result = AppFileReader.Read(
            "[intercluster.deployment]\nname = \"far\"\n[intercluster.replicas]\naddresses = [\"http://127.0.0.1:9001\", \"https://far.example:9443/\"]"u8, AppFileFormat.Toml, null);

        Assert.Empty(result.Errors);
        Assert.Equal(["http://127.0.0.1:9001", "https://far.example:9443"], result.Config!.Runtime.Addresses);
        Assert.Null(result.Config.Runtime.Folder);
    }

    [Fact]
    public void A_cerebrium_file_can_carry_our_keys_beside_its_own()
    {
        AppFileResult result = Read(Minimal().Replace("intercluster", "cerebrium", StringComparison.Ordinal) + "\n[intercluster.scaling]\nqueue_timeout = 5");

        Assert.Empty(result.Errors);
        Assert.Equal(TimeSpan.FromSeconds(5), result.Config!.Scaling.QueueTimeout);
    }

    [Fact]
    public void Where_both_roots_have_a_key_ours_wins()
    {
        AppFileResult result = Read("[cerebrium.scaling]\nmax_replicas = 2\ncooldown = 7\n" + Minimal("[intercluster.scaling]\nmax_replicas = 5"));

        Assert.Equal((5, 7d), (result.Config!.Scaling.MaxReplicas, result.Config.Scaling.Cooldown.TotalSeconds));
    }

    [Fact]
    public void The_examples_are_read_without_an_error()
    {
        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "InterCluster.sln")))
        {
            root = Path.GetDirectoryName(root)!;
        }

        string[] files = Directory.GetFiles(Path.Combine(root, "examples"), "*.toml", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        foreach (string file in files)
        {
            Assert.Empty(AppFileReader.Read(File.ReadAllBytes(file), AppFileFormat.Toml, Folder).Errors);
        }
    }

    [Fact] // W11
    public void Every_mistake_is_named_at_once_with_key_value_and_range()
    {
        AppFileResult result = Read("""
            [intercluster.deployment]
            name = "Bad_Name"
            disable_auth = "yes"
            [intercluster.runtime.custom]
            port = 70000
            entrypoint = "run 'it"
            healthcheck_endpoint = "health"
            protocol = "http3"
            [intercluster.scaling]
            min_replicas = 5
            max_replicas = 2
            replica_concurrency = 0
            scaling_target = nan
            cooldown = -1
            response_grace_period = "13h"
            queue_max_length = 99999999999
            load_balancing_algorithm = "fastest"
            max_replica = 3
            """);

        Assert.Null(result.Config);
        Assert.Equal(
            [
                "intercluster.deployment.name = \"Bad_Name\": must be 1 to 63 of a-z, 0-9 and hyphens, with no hyphen at either end.",
                "intercluster.deployment.disable_auth = \"yes\": must be true or false.",
                "intercluster.scaling.min_replicas = 5: must not be more than max_replicas (2).",
                "intercluster.scaling.replica_concurrency = 0: must be a whole number from 1 to 10000.",
                "intercluster.scaling.response_grace_period = \"13h\": must be a duration from 1 s to 43200 s (seconds, or a text such as \"30s\").",
                "intercluster.scaling.cooldown = -1: must be a duration from 0 s to 86400 s (seconds, or a text such as \"30s\").",
                "intercluster.scaling.scaling_target = NaN: must be a number from 0.01 to 100.",
                "intercluster.scaling.load_balancing_algorithm = \"fastest\": must be \"\" or one of round-robin, first-available, min-connections, random-choice-2.",
                "intercluster.scaling.queue_max_length = 99999999999: must be a whole number from 0 to 1000000.",
            ],
            result.Errors.Take(9));
        Assert.Contains("intercluster.scaling.max_replica: unknown key; did you mean max_replicas?", result.Errors);
        Assert.Contains(result.Errors, e => e.StartsWith("intercluster.runtime.custom.entrypoint = \"run 'it\"", StringComparison.Ordinal) || e.StartsWith("intercluster.runtime.custom.entrypoint = \"run \\u0027it\"", StringComparison.Ordinal));
        foreach (string key in new[] { "port = 70000", "healthcheck_endpoint = \"health\"", "protocol = \"http3\"" })
        {
            Assert.Contains(result.Errors, e => e.StartsWith("intercluster.runtime.custom." + key + ": must be ", StringComparison.Ordinal));
        }

        Assert.Equal(14, result.Errors.Count);
    }

    [Theory] // W11, I23
    [InlineData("scaling", "cooldown = inf")]
    [InlineData("scaling", "cooldown = 1e309")]
    [InlineData("scaling", "cooldown = \"-1s\"")]
    [InlineData("scaling", "cooldown = \"1e5s\"")]
    [InlineData("scaling", "cooldown = \"s\"")]
    [InlineData("scaling", "cooldown = \"10 parsecs\"")]
    [InlineData("scaling", "cooldown = true")]
    [InlineData("scaling", "cooldown = []")]
    [InlineData("scaling", "max_replicas = 0")]
    [InlineData("scaling", "max_replicas = -1")]
    [InlineData("scaling", "max_replicas = 1.5")]
    [InlineData("scaling", "max_replicas = \"1\"")]
    [InlineData("scaling", "max_replicas = 9223372036854775807")]
    [InlineData("scaling", "roll_out_duration_seconds = 601")]
    [InlineData("scaling", "evaluation_interval_seconds = 5")]
    [InlineData("scaling", "evaluation_interval_seconds = 301")]
    [InlineData("scaling", "response_grace_period = 43201")]
    [InlineData("scaling", "batch_share = 1.01")]
    [InlineData("scaling", "batch_share = -0.01")]
    [InlineData("scaling", "scaling_metric = \"luck\"")]
    [InlineData("scaling", "scaling_target = 101")]
    [InlineData("hardware", "cpu = 0")]
    [InlineData("hardware", "memory = nan")]
    [InlineData("hardware", "compute = 5")]
    [InlineData("hardware", "compute = [\"CPU\", 5]")]
    [InlineData("hardware", "gpu_count = -1")]
    [InlineData("replicas", "addresses = [\"http://127.0.0.1:1\"]")] // with an entrypoint
    [InlineData("replicas", "addresses = [\"ftp://127.0.0.1:1\"]")]
    [InlineData("replicas", "addresses = [\"http://u@127.0.0.1:1\"]")]
    [InlineData("replicas", "addresses = [\"http://127.0.0.1:1/path\"]")]
    [InlineData("replicas", "addresses = [\"127.0.0.1:1\"]")]
    [InlineData("replicas", "addresses = []")]
    [InlineData("replicas", "addresses = [\"http://a:1\", \"http://a:1\"]")]
    [InlineData("nonsense", "a = 1")]
    public void A_value_that_is_out_of_range_is_one_error_that_names_its_key(string table, string line)
    {
        AppFileResult result = Read(Minimal($"[intercluster.{table}]\n{line}"));

        string error = Assert.Single(result.Errors);
        Assert.Contains($"intercluster.{(table == "nonsense" ? "nonsense" : $"{table}.{line[..line.IndexOf(' ', StringComparison.Ordinal)]}")}", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[cerebrium.scaling]\nqueue_timeout = 5", "cerebrium.scaling.queue_timeout: not a key of this table; write it in [intercluster.scaling].")]
    [InlineData("[cerebrium.replicas]\naddresses = []", "cerebrium.replicas: unknown table or key.")]
    [InlineData("[intercluster.runtime.cortex]\na = 1", "intercluster.runtime.cortex: unknown table or key.")]
    [InlineData("[other]\na = 1", "other: unknown key. A file has [intercluster.*] or [cerebrium.*] tables.")]
    [InlineData("[intercluster]\nscaling = 5", "intercluster.scaling = 5: must be a table.")]
    [InlineData("[intercluster]\ncolour = 5", "intercluster.colour: unknown table or key.")]
    public void What_stands_in_the_wrong_place_is_named(string more, string error) => Assert.Equal([error], Read(Minimal(more)).Errors);

    [Fact]
    public void A_file_without_what_is_required_says_what_is_missing()
    {
        IReadOnlyList<string> errors = Read("[cerebrium.deployment]\ndisable_auth = false").Errors;

        Assert.Equal(
            [
                "cerebrium.deployment.name: missing; the app's name.",
                "intercluster.runtime.custom.entrypoint: missing; the command that starts a replica.",
                "intercluster.runtime.custom.port: missing; the port that a replica listens on.",
            ],
            errors);
    }

    [Theory] // I33
    [InlineData("CON")]
    [InlineData("..")]
    [InlineData("-rf")]
    [InlineData("a/b")]
    [InlineData("ä")]
    [InlineData("а")] // Cyrillic
    [InlineData("a.")]
    [InlineData("a ")]
    [InlineData("")]
    [InlineData("a-")]
    public void A_name_that_is_not_one_dns_label_is_refused(string name) =>
        Assert.StartsWith("intercluster.deployment.name = ", Assert.Single(Read(Minimal(name: name)).Errors), StringComparison.Ordinal);

    [Fact] // I33
    public void A_name_of_300_characters_is_refused_and_not_shown_whole()
    {
        string error = Assert.Single(Read(Minimal(name: new string('a', 300))).Errors);

        Assert.InRange(error.Length, 1, 250);
    }

    [Theory] // I34
    [InlineData("run.bat")]
    [InlineData("C:\\\\x\\\\run.CMD")]
    [InlineData("run.bat.")]
    [InlineData("-rf")]
    [InlineData(" ")]
    [InlineData("a\\u0000b")]
    public void A_program_that_could_be_taken_for_something_else_is_refused(string program) =>
        Assert.StartsWith(
            "intercluster.runtime.custom.entrypoint = ", Assert.Single(Read(Minimal(entrypoint: $"[\"{program}\"]")).Errors), StringComparison.Ordinal);

    [Fact] // I34
    public void Arguments_are_kept_byte_for_byte()
    {
        AppConfig config = Read(Minimal(entrypoint: """['run', '; rm', '$(x)', '`y`', '&|', "a\nb", '"''', '%PATH%', '', 'ä']""".Replace("'\"'''", "'\"'", StringComparison.Ordinal))).Config!;

        Assert.Equal(["run", "; rm", "$(x)", "`y`", "&|", "a\nb", "\"", "%PATH%", "", "ä"], config.Runtime.Entrypoint);
    }

    [Theory] // I35
    [InlineData("LD_PRELOAD")]
    [InlineData("ld_preload")]
    [InlineData("LD_LIBRARY_PATH")]
    [InlineData("DOTNET_STARTUP_HOOKS")]
    [InlineData("ASPNETCORE_URLS")]
    [InlineData("CORECLR_PROFILER_PATH")]
    [InlineData("PATH")]
    [InlineData("PORT")]
    [InlineData("INTERCLUSTER_TOKEN")]
    [InlineData("A=B")]
    [InlineData("A B")]
    [InlineData("1A")]
    [InlineData("")]
    [InlineData("Ä")]
    public void A_variable_that_an_app_may_not_set_is_refused(string name)
    {
        AppFileResult result = Read(Minimal($"[intercluster.runtime.custom.environment]\n\"{name}\" = \"secret-value\""));

        Assert.StartsWith("intercluster.runtime.custom.environment.", Assert.Single(result.Errors), StringComparison.Ordinal);
        Assert.DoesNotContain("secret-value", result.Errors[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_variable_that_is_not_a_text_is_refused_without_showing_it() =>
        Assert.DoesNotContain("4711", Assert.Single(Read(Minimal("[intercluster.runtime.custom.environment]\nPIN = 4711")).Errors), StringComparison.Ordinal);
}
