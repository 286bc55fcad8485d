using InterCluster.Core.Apps;

namespace InterCluster.Server.Hosting;

/// <summary>Puts the stored apps in force before any role starts: a worker must not meet a run whose app it does not know yet.</summary>
internal static class CatalogLoader
{
    public static async Task LoadAsync(IServiceProvider services) =>
        services.GetRequiredService<AppCatalog>().Load(await services.GetRequiredService<IAppStore>().ListAsync(project: null, CancellationToken.None).ConfigureAwait(false));
}
