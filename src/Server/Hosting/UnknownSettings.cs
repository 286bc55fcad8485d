using Microsoft.Extensions.Options;

namespace InterCluster.Server.Hosting;

/// <summary>Settings that nothing binds end the start, together with those whose values are wrong.</summary>
internal sealed class UnknownSettings
{
    public static void Refuse(IServiceCollection services, Action<IServiceCollection> features)
    {
        services.AddOptions<UnknownSettings>().ValidateOnStart();
        services.AddSingleton<IValidateOptions<UnknownSettings>>(provider => new Validator(features, provider.GetRequiredService<IConfiguration>()));
    }

    private sealed class Validator(Action<IServiceCollection> features, IConfiguration configuration) : IValidateOptions<UnknownSettings>
    {
        public ValidateOptionsResult Validate(string? name, UnknownSettings options)
        {
            IReadOnlyList<string> mistakes = new KnownSettings(features).Mistakes(configuration);
            return mistakes.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(mistakes);
        }
    }
}
