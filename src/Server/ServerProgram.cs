using InterCluster.Core;
using InterCluster.Core.Failures;
using InterCluster.Server.Hosting;
using Microsoft.Extensions.Options;

namespace InterCluster.Server;

/// <summary>The server as a program: <c>intercluster-server</c>, and <c>intercluster serve</c>.</summary>
public static class ServerProgram
{
    /// <summary>Runs until it is asked to stop (SIGTERM, Ctrl-C). 0: stopped as asked; 1: could not start or failed; 2: wrong arguments or settings.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        // Before anything touches a socket: the runtime reads this once.
        RuntimeSwitches.Set();
        if (!CommandLine.TryParse(args, out CommandLine? line, out IReadOnlyList<string> mistakes))
        {
            return await RefuseAsync(mistakes).ConfigureAwait(false);
        }

        if (line.Help)
        {
            await Console.Out.WriteLineAsync(CommandLine.Usage).ConfigureAwait(false);
            return 0;
        }

        if (Failpoint.Mistakes.Count > 0)
        {
            return await RefuseAsync(Failpoint.Mistakes).ConfigureAwait(false);
        }

        if (Failpoint.AreOn)
        {
            await Console.Error.WriteLineAsync($"{Failpoint.Variable} is set: this server fails on purpose. It is for tests.").ConfigureAwait(false);
        }

        return await RunAsync(line).ConfigureAwait(false);
    }

    private static async Task<int> RunAsync(CommandLine line)
    {
        try
        {
            await using WebApplication server = ServerHost.Build(line);
            await CatalogLoader.LoadAsync(server.Services).ConfigureAwait(false);
            await server.RunAsync().ConfigureAwait(false);
            return 0;
        }
        catch (OptionsValidationException wrong)
        {
            return await RefuseAsync(wrong.Failures).ConfigureAwait(false);
        }
        catch (AggregateException many) when (many.InnerExceptions.All(e => e is OptionsValidationException))
        {
            return await RefuseAsync(many.InnerExceptions.Cast<OptionsValidationException>().SelectMany(e => e.Failures)).ConfigureAwait(false);
        }
        catch (Exception failed) when (failed is IOException or InvalidOperationException or InvalidDataException or UnauthorizedAccessException or StoreUnavailableException)
        {
            await Console.Error.WriteLineAsync($"The server could not start: {failed.Message}").ConfigureAwait(false);
            return 1;
        }
    }
    private static async Task<int> RefuseAsync(IEnumerable<string> mistakes)
    {
        foreach (string mistake in mistakes)
        {
            await Console.Error.WriteLineAsync(mistake).ConfigureAwait(false);
        }

        return 2;
    }
}
