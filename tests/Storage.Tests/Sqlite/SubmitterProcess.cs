using System.Globalization;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Tests.Harness;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace InterCluster.Storage.Tests.Sqlite;

/// <summary>
/// What the durability test kills: submits from many callers, claims and settles some, and writes a line for each thing that the store has
/// acknowledged, after it has.
/// </summary>
internal static class SubmitterProcess
{
    public const string Argument = "--submitter";
    private const int Callers = 16;

    public static async Task RunAsync(string folder)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.AddSqliteStorage(options => options.DataFolder = folder);
        await using ServiceProvider provider = services.BuildServiceProvider();
        IRunStore store = provider.GetRequiredService<IRunStore>();

        // One write per line, straight to the pipe: what is written outlives this process.
        await using Stream output = Console.OpenStandardOutput();
        var gate = new Lock();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(() => SubmitAsync(store, caller, Acknowledge))));

        void Acknowledge(string what, RunId id, long lease)
        {
            byte[] line = System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{what} {id} {lease}\n"));
            lock (gate)
            {
                output.Write(line);
            }
        }
    }

    private static async Task SubmitAsync(IRunStore store, int caller, Action<string, RunId, long> acknowledge)
    {
        for (int n = 0; ; n++)
        {
            RunId id = (await store.SubmitAsync(Some.Run(TimeProvider.System), default)).Id;
            acknowledge("submitted", id, 0);
            if (n % 3 != caller % 3)
            {
                continue;
            }

            ClaimedRun run = (await store.ClaimAsync([id], "submitter", TimeSpan.FromMinutes(1), default)).Single();
            acknowledge("claimed", id, run.Lease);
            if ((await store.SettleAsync([Settlement.Succeeded(id, run.Lease, Some.Response(200, id.ToString()))], default))[0])
            {
                acknowledge("settled", id, run.Lease);
            }
        }
    }
}
