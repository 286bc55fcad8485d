using Microsoft.Extensions.Options;

namespace InterCluster.Server.Hosting;

/// <summary>
/// Makes options as the framework does, but a value that cannot be read (a word for a number) is a mistake like any other: it is named together
/// with all the rest instead of ending the start alone.
/// </summary>
internal sealed class SettingsFactory<TOptions>(
    IEnumerable<IConfigureOptions<TOptions>> setups, IEnumerable<IPostConfigureOptions<TOptions>> postConfigures,
    IEnumerable<IValidateOptions<TOptions>> validations) : IOptionsFactory<TOptions>
    where TOptions : class
{
    private readonly OptionsFactory<TOptions> _inner = new(setups, postConfigures, validations);

    public TOptions Create(string name)
    {
        try
        {
            return _inner.Create(name);
        }
        catch (InvalidOperationException unreadable) when (unreadable.InnerException is not null)
        {
            // The binder's own sentence: it names the key, the value and the type.
            throw new OptionsValidationException(name, typeof(TOptions), [unreadable.Message]);
        }
    }
}
