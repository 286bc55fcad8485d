using System.CommandLine.Completions;
using InterCluster.Cli.Connection;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.CommandLine;

/// <summary>Offers the names of the deployed apps. A shell waits for this: no server, no names, no delay.</summary>
internal static class AppNameCompletion
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(700);

    public static IEnumerable<CompletionItem> Complete(CompletionContext context, CliHost host)
    {
        try
        {
            // The completion contract of the parser is synchronous; there is no synchronization context to deadlock on.
            return Task.Run(() => NamesAsync(context, host)).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is CliException or OperationCanceledException or IOException or HttpRequestException)
        {
            return [];
        }
    }

    private static async Task<IEnumerable<CompletionItem>> NamesAsync(CompletionContext context, CliHost host)
    {
        using var patience = new CancellationTokenSource(Patience, host.Time);
        using var api = new ApiClient(ConnectionResolver.Resolve(context.ParseResult, host));
        ApiAnswer<AppListView> apps =
            await api.ControlAsync<AppListView>(HttpMethod.Get, ApiPath.Of(api.Connection, "apps"), patience.Token);
        return [.. apps.Value.Apps.Select(a => new CompletionItem(a.App))];
    }
}
