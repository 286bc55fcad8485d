using InterCluster.Core.Requests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace InterCluster.Api.Requests;

internal static class RequestLogServiceCollectionExtensions
{
    /// <summary>Adds the request log; calls and runs write to the same one.</summary>
    public static IServiceCollection AddRequestLog(this IServiceCollection services)
    {
        services.AddOptions<RequestLogOptions>().BindConfiguration(RequestLogOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton<IRequestLog, RequestLog>();
        return services;
    }
}
