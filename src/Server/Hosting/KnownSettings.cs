using System.Collections;
using System.Reflection;
using InterCluster.Core.Naming;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace InterCluster.Server.Hosting;

/// <summary>
/// The settings that the features bind, found out from the bindings themselves: each is run against a configuration that only notes which section it
/// asks for. What stands under <c>InterCluster</c> and is none of them is somebody's typing mistake, and would otherwise leave a default in force.
/// </summary>
internal sealed class KnownSettings
{
    private const string Root = "InterCluster";

    // A name of these is a setting; one that ends in a colon is a list or a table, and what is below it belongs to it.
    private readonly HashSet<string> _names = new(StringComparer.OrdinalIgnoreCase);

    /// <param name="features">Registers every feature that has settings, also those that this process leaves out: one file may serve many processes.</param>
    public KnownSettings(Action<IServiceCollection> features)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        features(services);
        using ServiceProvider provider = services.BuildServiceProvider();
        foreach (Type options in services.Select(s => s.ServiceType).Where(IsSetup).Select(t => t.GenericTypeArguments[0]).Where(IsOurs).Distinct())
        {
            Reader.MakeGenericMethod(options).Invoke(this, [provider]);
        }
    }

    private static MethodInfo Reader { get; } = typeof(KnownSettings).GetMethod(nameof(Read), BindingFlags.NonPublic | BindingFlags.Instance)!;

    /// <summary>One sentence for each setting that nothing binds.</summary>
    public IReadOnlyList<string> Mistakes(IConfiguration configuration) =>
    [
        .. Leaves(configuration.GetSection(Root)).Where(path => !IsKnown(path)).Select(path =>
            Spelling.Nearest(path, _names.Select(n => n.TrimEnd(':'))) is { } near
                ? $"{path}: there is no such setting; did you mean {near}?"
                : $"{path}: there is no such setting."),
    ];

    private static bool IsSetup(Type service) => service.IsGenericType && service.GetGenericTypeDefinition() == typeof(IConfigureOptions<>);

    private static bool IsOurs(Type options) => options.Assembly.GetName().Name?.StartsWith(Root, StringComparison.OrdinalIgnoreCase) == true;

    private static IEnumerable<string> Leaves(IConfigurationSection section)
    {
        IConfigurationSection[] children = [.. section.GetChildren()];
        return (children.Length == 0 || section.Value is not null) && section.Path != Root
            ? children.SelectMany(Leaves).Append(section.Path)
            : children.SelectMany(Leaves);
    }

    private bool IsKnown(string path)
    {
        if (_names.Contains(path))
        {
            return true;
        }

        for (int colon = path.LastIndexOf(':'); colon > 0; colon = path.LastIndexOf(':', colon - 1))
        {
            if (_names.Contains(path[..(colon + 1)]))
            {
                return true;
            }
        }

        return false;
    }

    private void Read<TOptions>(IServiceProvider provider)
        where TOptions : class, new()
    {
        foreach (ConfigureNamedOptions<TOptions, IConfiguration> binding in provider.GetServices<IConfigureOptions<TOptions>>().OfType<ConfigureNamedOptions<TOptions, IConfiguration>>())
        {
            var notes = new NotingConfiguration();
            binding.Action?.Invoke(new TOptions(), notes);
            notes.Sections.ForEach(section => Add(section, typeof(TOptions)));
        }
    }

    private void Add(string section, Type type)
    {
        foreach (PropertyInfo property in type.GetProperties().Where(p => p.SetMethod is { IsPublic: true }))
        {
            string path = $"{section}:{property.Name}";
            Type value = property.PropertyType;
            if (value != typeof(string) && value.IsAssignableTo(typeof(IEnumerable)))
            {
                _names.Add(path + ":");
            }
            else if (IsOurs(value) && value.IsClass)
            {
                Add(path, value);
            }
            else
            {
                _names.Add(path);
            }
        }
    }

    /// <summary>Has nothing, and remembers what it was asked for.</summary>
    private sealed class NotingConfiguration : IConfiguration
    {
        private readonly IConfigurationRoot _empty = new ConfigurationBuilder().Build();

        public List<string> Sections { get; } = [];

        public string? this[string key] { get => null; set => throw new NotSupportedException(); }

        public IConfigurationSection GetSection(string key)
        {
            Sections.Add(key);
            return _empty.GetSection(key);
        }

        public IEnumerable<IConfigurationSection> GetChildren() => [];

        public IChangeToken GetReloadToken() => _empty.GetReloadToken();
    }
}
