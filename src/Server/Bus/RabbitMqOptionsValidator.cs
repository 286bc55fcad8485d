using Microsoft.Extensions.Options;

namespace InterCluster.Server.Bus;

/// <summary>What an attribute cannot say of the broker's address. The address itself is not repeated: it holds a password.</summary>
internal sealed class RabbitMqOptionsValidator : IValidateOptions<RabbitMqOptions>
{
    public ValidateOptionsResult Validate(string? name, RabbitMqOptions options) =>
        Uri.TryCreate(options.Uri, UriKind.Absolute, out Uri? address) && address.Scheme is "amqp" or "amqps" && address.Host.Length > 0
            && address.AbsolutePath.Count(c => c == '/') <= 1
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"{RabbitMqOptions.Section}:Uri must be amqp://USER:PASSWORD@HOST:PORT/VHOST, or amqps:// with TLS.");
}
