using InterCluster.Api.Batches;
using InterCluster.Api.Gateway;
using InterCluster.Api.Invocations;
using InterCluster.Api.Requests;
using InterCluster.Api.Schedules;
using InterCluster.Api.Webhooks;
using InterCluster.Core.Admission;
using InterCluster.Core.Runs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace InterCluster.Api.Runs;

/// <summary>Registers the run API.</summary>
public static class RunApiServiceCollectionExtensions
{
    /// <summary>
    /// Adds submission, the run endpoints, the announcer and the in-process invoker. Needs a run store, a webhook store, an app catalog, an admission directory, a caller
    /// authenticator, a listener for replica faults and a MassTransit bus.
    /// </summary>
    public static IServiceCollection AddRunApi(this IServiceCollection services)
    {
        services.AddOptions<RunOptions>().BindConfiguration("InterCluster:Runs").ValidateDataAnnotations().ValidateOnStart();
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<RunMetrics>();
        services.TryAddSingleton<IAsyncCalls, RunSubmission>();
        services.TryAddSingleton<BatchSubmission>();
        services.TryAddSingleton<ScheduleReader>();
        services.TryAddSingleton<GatewayState>();
        services.TryAddSingleton<ManyRuns>();
        services.TryAddSingleton<FunctionGates>();
        services.TryAddSingleton<ReplayWithChanges>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IGatewayEndpoints, RunGatewayEndpoints>());
        services.TryAddSingleton<RunWaiters>();
        services.AddRequestLog();
        services.AddWebhookApi();
        services.TryAddSingleton<RunCallRecorder>();
        services.AddInvocations();
        services.TryAddSingleton<BusAnnouncer>();
        services.TryAddSingleton<IRunAnnouncer>(s => s.GetRequiredService<BusAnnouncer>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, BusAnnouncer>(s => s.GetRequiredService<BusAnnouncer>()));
        return services;
    }
}
