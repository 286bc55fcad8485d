using InterCluster.Api.Keys;
using InterCluster.Core.Health;
using InterCluster.Core.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace InterCluster.Api.Auth;

/// <summary>Tokens and keys. Needs an <see cref="IKeyStore"/>, whose own start must come before.</summary>
public static class IdentityServiceCollectionExtensions
{
    /// <summary>Adds the authenticator of callers, the keys of projects and the tokens of apps.</summary>
    public static IServiceCollection AddCallerIdentity(this IServiceCollection services)
    {
        services.AddOptions<IdentityOptions>().BindConfiguration("InterCluster:Identity").ValidateDataAnnotations().ValidateOnStart();
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<KeyRing>();
        services.TryAddSingleton<ServerIdentity>();
        services.TryAddSingleton(provider => new RememberedTokens(
            provider.GetRequiredService<IOptions<IdentityOptions>>().Value.RememberedTokens, provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<AuthMetrics>();
        services.TryAddSingleton<FailureLimiter>();
        services.TryAddSingleton<ProjectKeys>();
        services.TryAddSingleton<ICallerAuthenticator, TokenAuthenticator>();
        services.TryAddSingleton<IAppTokenIssuer, AppTokenIssuer>();
        services.TryAddSingleton<StoreReadiness>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IReadiness, StoreReadiness>(provider => provider.GetRequiredService<StoreReadiness>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, KeyRefresher>());
        return services;
    }
}
