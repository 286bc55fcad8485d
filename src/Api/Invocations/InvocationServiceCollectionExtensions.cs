using InterCluster.Api.Gateway;
using InterCluster.Api.Homes;
using InterCluster.Api.Runs;
using InterCluster.Core.Runs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace InterCluster.Api.Invocations;

/// <summary>Registers how runs are carried out.</summary>
public static class InvocationServiceCollectionExtensions
{
    /// <summary>For a process with a gateway: in the process, and for the workers of others. Needs the run API and a key store.</summary>
    public static IServiceCollection AddInvocations(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<WorkerCredentials>();
        services.TryAddSingleton<IMovedRuns, NoOtherGateway>();
        services.TryAddSingleton<InProcessRunInvoker>();
        services.TryAddSingleton<IRunInvoker>(provider => provider.GetRequiredService<InProcessRunInvoker>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IGatewayEndpoints, InvocationEndpoints>());
        return services;
    }

    /// <summary>For a worker without one. Needs a key store.</summary>
    public static IServiceCollection AddRemoteInvocations(this IServiceCollection services)
    {
        services.AddOptions<RemoteInvokerOptions>().BindConfiguration(RemoteInvokerOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<WorkerCredentials>();
        services.TryAddSingleton<IRunInvoker, RemoteRunInvoker>();
        return services;
    }
}
