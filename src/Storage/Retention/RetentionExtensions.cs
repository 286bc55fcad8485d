using InterCluster.Core.Apps;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace InterCluster.Storage.Retention;

internal static class RetentionExtensions
{
    /// <summary>Whatever keeps the runs, they go when their time is over.</summary>
    public static void AddRetention(this IServiceCollection services)
    {
        services.AddOptions<RetentionOptions>().BindConfiguration(RetentionOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton<AppCatalog>();
        services.TryAddSingleton<IAppCatalog>(provider => provider.GetRequiredService<AppCatalog>());
        services.TryAddSingleton(provider => provider.GetRequiredService<IOptions<RetentionOptions>>().Value.ToPolicy());
        services.AddHostedService<RetentionService>();
    }
}
