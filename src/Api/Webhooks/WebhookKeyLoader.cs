using System.Security.Cryptography;
using InterCluster.Core.Identity;
using InterCluster.Core.Webhooks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace InterCluster.Api.Webhooks;

/// <summary>Loads the key of webhooks' secrets before anything takes or sends one.</summary>
internal sealed partial class WebhookKeyLoader(
    WebhookSecrets secrets, IServiceProvider services, IOptions<WebhookKeyOptions> options, ILogger<WebhookKeyLoader> logger) : IHostedService
{
    private const string SecretName = "webhook-secrets";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Value.SecretsKeys is { Length: > 0 } keys)
        {
            secrets.Load(WebhookKeyFile.Parse(keys, ',') ?? throw new InvalidOperationException(
                $"InterCluster:Webhooks:SecretsKeys must be keys of {WebhookSecrets.KeyBytes} bytes in Base64, separated by commas."));
            return;
        }

        if (options.Value.SecretsKeyFile is { Length: > 0 } path)
        {
            secrets.Load(WebhookKeyFile.ReadOrCreate(path));
            return;
        }

        secrets.Load([await services.GetRequiredService<IKeyStore>().GetOrCreateSecretAsync(
            SecretName, () => RandomNumberGenerator.GetBytes(WebhookSecrets.KeyBytes), cancellationToken)]);
        InTheStore(logger);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(Level = LogLevel.Information, Message = "The key of webhook secrets is in the store itself; InterCluster:Webhooks:SecretsKeyFile keeps it apart")]
    private static partial void InTheStore(ILogger logger);
}

internal static class WebhookKeyExtensions
{
    /// <summary>The key of webhooks' secrets, for the role that takes them and the one that signs.</summary>
    public static void AddWebhookKeys(this IServiceCollection services)
    {
        services.AddOptions<WebhookKeyOptions>().BindConfiguration("InterCluster:Webhooks").ValidateOnStart();
        services.TryAddSingleton<WebhookSecrets>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, WebhookKeyLoader>());
    }
}
