using Microsoft.Extensions.Options;

namespace InterCluster.Api.Homes;

/// <summary>What no single property can say.</summary>
internal sealed class HomesOptionsValidator : IValidateOptions<HomesOptions>
{
    public ValidateOptionsResult Validate(string? name, HomesOptions options)
    {
        var mistakes = new List<string>();
        if (options.RenewEvery > options.Lease / 5)
        {
            mistakes.Add($"{HomesOptions.Section}:RenewEvery is {options.RenewEvery}; it must be a fifth of {HomesOptions.Section}:Lease ({options.Lease}) at most.");
        }

        if (options.Address.Length > 0 && !IsAddress(options.Address))
        {
            mistakes.Add($"{HomesOptions.Section}:Address is \"{options.Address}\"; it must be http://HOST:PORT or https://HOST:PORT, as other gateways reach this one.");
        }

        return mistakes.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(mistakes);
    }

    private static bool IsAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https" && uri.AbsolutePath == "/" && uri.Query.Length == 0;
}
