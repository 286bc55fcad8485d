namespace InterCluster.Server.Stalls;

internal static class StallServiceCollectionExtensions
{
    /// <summary>Adds the detector of blocked I/O threads.</summary>
    public static IServiceCollection AddStallDetector(this IServiceCollection services)
    {
        services.AddOptions<StallOptions>().BindConfiguration(StallOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddHostedService<StallDetector>();
        return services;
    }
}
