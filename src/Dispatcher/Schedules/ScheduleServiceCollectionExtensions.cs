using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace InterCluster.Dispatcher.Schedules;

/// <summary>Registers the firing of schedules.</summary>
public static class ScheduleServiceCollectionExtensions
{
    /// <summary>Adds the firing of schedules. Needs a schedule store, a cron calendar and a <see cref="CalendarStorage"/>.</summary>
    public static IServiceCollection AddScheduleFiring(this IServiceCollection services)
    {
        services.AddOptions<ScheduleOptions>().BindConfiguration("InterCluster:Schedules").ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton<ScheduleMetrics>();
        services.TryAddSingleton<ScheduleTick>();
        services.TryAddSingleton<CalendarJobs>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, CalendarService>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ScheduleTimer>());
        return services;
    }
}
