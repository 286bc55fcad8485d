using Microsoft.Extensions.DependencyInjection;

namespace InterCluster.Storage.Retention;

internal static class RetentionExtensions
{
    /// <summary>Whatever keeps the runs, they go when their time is over.</summary>
    public static void AddRetention(this IServiceCollection services)
    {
        services.AddOptions<RetentionOptions>().BindConfiguration(RetentionOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddHostedService<RetentionService>();
    }
}
