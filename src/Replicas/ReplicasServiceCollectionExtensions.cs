using InterCluster.Core.Replicas;
using InterCluster.Replicas.Fleet;
using InterCluster.Replicas.Logs;
using InterCluster.Replicas.Probing;
using InterCluster.Replicas.Processes;
using InterCluster.Replicas.Providers;
using InterCluster.Replicas.Static;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace InterCluster.Replicas;

/// <summary>Registers the fleet.</summary>
public static class ReplicasServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="IReplicaFleet"/> with the process and the static provider. Needs <c>IAppCatalog</c>, <c>IAdmissionDirectory</c> and
    /// <c>IAppTokenIssuer</c>; settings under <see cref="ReplicasOptions.Section"/>. Add it before what sends calls: hosted services stop in
    /// the reverse order, and replicas are to stop last.
    /// </summary>
    public static IServiceCollection AddReplicas(this IServiceCollection services)
    {
        services.AddOptions<ReplicasOptions>().BindConfiguration(ReplicasOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ReplicasOptions>, ReplicasOptionsValidator>());
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ReplicaMetrics>();
        services.TryAddSingleton<LogBook>();
        services.TryAddSingleton<OutputPump>();
        services.TryAddSingleton<IProber, Prober>();
        services.TryAddSingleton(s => new StartGate(s.GetRequiredService<IOptions<ReplicasOptions>>().Value.StartsPerSecond, s.GetRequiredService<TimeProvider>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IReplicaProvider, StaticProvider>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IReplicaProvider, ProcessProvider>());
        services.TryAddSingleton(s => new UnitServices(
            s.GetRequiredService<IProber>(),
            s.GetRequiredService<StartGate>(),
            s.GetRequiredService<IOptions<ReplicasOptions>>().Value,
            s.GetRequiredService<TimeProvider>(),
            s.GetRequiredService<ReplicaMetrics>(),
            s.GetRequiredService<ILogger<ReplicaUnit>>()));
        services.TryAddSingleton<Fleet.Fleet>();
        services.TryAddSingleton<IReplicaFleet>(s => s.GetRequiredService<Fleet.Fleet>());
        services.TryAddSingleton<IReplicaFaults>(s => s.GetRequiredService<Fleet.Fleet>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, Fleet.Fleet>(s => s.GetRequiredService<Fleet.Fleet>()));
        return services;
    }
}
