using InterCluster.Core.Naming;

namespace InterCluster.Core.Apps;

/// <summary>What is often asked of the catalog.</summary>
public static class AppCatalogExtensions
{
    /// <summary>The policy in force for a function's runs; the defaults for one of an app that is not there.</summary>
    public static RunPolicy PolicyOf(this IAppCatalog catalog, FunctionId function)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return catalog.TryGet(function.App, out Revision? revision) ? revision.Config.Runs.For(function.Function) : new RunPolicy();
    }
}
