using System.Net;
using InterCluster.Core.Egress;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace InterCluster.Server.Egress;

/// <summary>The rules of egress from the operator's settings, for the role that accepts URLs and the one that calls them.</summary>
internal static class EgressServiceCollectionExtensions
{
    public static IServiceCollection AddEgress(this IServiceCollection services)
    {
        services.AddOptions<EgressOptions>().BindConfiguration(EgressOptions.Section).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<EgressOptions>, EgressOptionsValidator>());
        services.TryAddSingleton(provider => PolicyFrom(provider.GetRequiredService<IOptions<EgressOptions>>().Value));
        return services;
    }

    private static EgressPolicy PolicyFrom(EgressOptions options) => new(
        options.AllowedHosts ?? [], (options.AllowedNetworks ?? []).Select(IPNetwork.Parse), options.AllowedPorts is { Length: > 0 } ports ? ports : [443]);
}
