using System.Diagnostics;
using System.Globalization;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Tests.Harness;
using Microsoft.Data.Sqlite;

namespace InterCluster.Storage.Tests.Sqlite;

public sealed class DurabilityTests
{
    private const int Cycles = 8;

    [Fact]
    public async Task What_was_acknowledged_survives_kill_9()
    {
        string folder = Path.Combine(Path.GetTempPath(), $"intercluster-durability-{Guid.NewGuid():N}");
        var random = new Random(20260301);
        var submitted = new HashSet<RunId>();
        var claimed = new Dictionary<RunId, long>();
        var settled = new HashSet<RunId>();
        try
        {
            for (int cycle = 0; cycle < Cycles; cycle++)
            {
                foreach (string[] line in await SubmitUntilKilledAsync(folder, random.Next(1, 1500)))
                {
                    Assert.True(RunId.TryParse(line[1], out RunId id));
                    _ = line[0] switch
                    {
                        "submitted" => submitted.Add(id),
                        "claimed" => claimed.TryAdd(id, long.Parse(line[2], CultureInfo.InvariantCulture)),
                        "settled" => settled.Add(id),
                        _ => throw new InvalidDataException(line[0]),
                    };
                }

                AssertWhole(folder);
                await AssertStoredAsync(folder, submitted, claimed, settled);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        Assert.NotEmpty(settled);
    }

    // Kills after so many acknowledgements; what comes through the pipe after them was acknowledged too.
    private static async Task<List<string[]>> SubmitUntilKilledAsync(string folder, int acknowledgements)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "InterCluster.Storage.Tests"), [SubmitterProcess.Argument, folder])
        {
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        var lines = new List<string>();
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            lines.Add(line);
            if (lines.Count == acknowledgements)
            {
                process.Kill();
            }
        }

        await process.WaitForExitAsync();
        Assert.True(lines.Count >= acknowledgements, $"The submitter ended by itself with {process.ExitCode} after {lines.Count} acknowledgements.");
        return [.. lines.Select(l => l.Split(' ')).Where(parts => parts.Length == 3)];
    }

    private static async Task AssertStoredAsync(string folder, HashSet<RunId> submitted, Dictionary<RunId, long> claimed, HashSet<RunId> settled)
    {
        using var store = new SqliteHarness(folder: folder);
        foreach (RunId id in submitted)
        {
            RunInfo? run = await store.Runs.GetAsync(Some.Project, id, default);
            Assert.NotNull(run);
            Assert.True(run.Lease >= claimed.GetValueOrDefault(id), $"{id} has forgotten a claim.");
            if (settled.Contains(id))
            {
                Assert.Equal(RunState.Succeeded, run.State);
                RunResponse? response = await store.Runs.GetResponseAsync(Some.Project, id, default);
                Assert.Equal(id.ToString(), System.Text.Encoding.UTF8.GetString(response!.Body.Span));
            }
        }
    }

    private static void AssertWhole(string folder)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "intercluster.db")};Pooling=false");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "pragma integrity_check";
        Assert.Equal("ok", command.ExecuteScalar());
    }
}
