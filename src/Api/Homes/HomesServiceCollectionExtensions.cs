using InterCluster.Api.Control;
using InterCluster.Api.Gateway;
using InterCluster.Api.Invocations;
using InterCluster.Api.Runs;
using InterCluster.Core.Apps;
using InterCluster.Core.Gateways;
using InterCluster.Core.Health;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace InterCluster.Api.Homes;

/// <summary>Registers homes.</summary>
public static class HomesServiceCollectionExtensions
{
    /// <summary>For a gateway that shares its store with others. Needs a home store and the gateway; add it before the core, whose admissions ask for the lease.</summary>
    public static IServiceCollection AddHomes(this IServiceCollection services)
    {
        services.AddHomesSettings();
        services.TryAddSingleton(s => s.GetRequiredService<IOptions<HomesOptions>>().Value is var o ? new LeaseTerms(o.Lease, o.RenewEvery, o.Rest) : null!);
        services.TryAddSingleton<GatewayLease>();
        services.TryAddSingleton<HomeBoard>();
        services.TryAddSingleton<IHomes>(s => s.GetRequiredService<HomeBoard>());
        services.TryAddSingleton<IOtherGateways, OtherGateways>();
        services.TryAddSingleton<LivePass>();
        services.TryAddSingleton<WorkerCredentials>();
        services.TryAddSingleton<HopEndpoint>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IGatewayEndpoints, LiveGatewayEndpoints>());
        services.TryAddSingleton<HomesMetrics>();
        services.TryAddSingleton<HomeCatalog>();
        services.TryAddSingleton<IHomeCatalog>(s => s.GetRequiredService<HomeCatalog>());
        services.TryAddSingleton<GatewayMembership>();
        services.TryAddSingleton<HomeKeeper>();
        services.TryAddSingleton<IMovedCalls, HopForwarder>();
        services.TryAddSingleton<IMovedRuns, HopInvoker>();
        services.TryAddSingleton<HomeService>();
        services.AddSingleton<IReadiness>(s => s.GetRequiredService<HomeService>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, HomeService>(s => s.GetRequiredService<HomeService>()));
        return services;
    }

    /// <summary>The settings alone.</summary>
    public static IServiceCollection AddHomesSettings(this IServiceCollection services)
    {
        services.AddOptions<HomesOptions>().BindConfiguration(HomesOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<HomesOptions>, HomesOptionsValidator>());
        return services;
    }
}
