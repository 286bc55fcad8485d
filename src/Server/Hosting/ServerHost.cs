using InterCluster.Api.Control;
using InterCluster.Api.Gateway;
using InterCluster.Api.Homes;
using InterCluster.Api.Invocations;
using InterCluster.Api.Problems;
using InterCluster.Api.Runs;
using InterCluster.Core.Admission;
using InterCluster.Core.Apps;
using InterCluster.Core.Gateways;
using InterCluster.Dispatcher;
using InterCluster.Dispatcher.Schedules;
using InterCluster.Replicas;
using InterCluster.Server.Bus;
using InterCluster.Server.Egress;
using InterCluster.Server.Schedules;
using InterCluster.Server.Stalls;
using InterCluster.Storage;
using InterCluster.Storage.Postgres;
using InterCluster.Workers;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace InterCluster.Server.Hosting;

/// <summary>Composes the server: which features this process has. Each brings its own registrations.</summary>
internal static class ServerHost
{
    public static WebApplication Build(CommandLine line)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ApplicationName = "intercluster-server" });
        Configure(builder.Configuration, line);
        ServerLogging.Add(builder.Logging);
        AddStorage(builder.Services, builder.Configuration, line.Roles);
        AddFeatures(builder.Services, builder.Configuration, line.Roles);
        // One file of settings may serve processes with other roles and another store.
        UnknownSettings.Refuse(builder.Services, static services =>
        {
            AddFeatures(services, new ConfigurationBuilder().Build(), Roles.All);
            services.AddRabbitMqSettings();
            services.AddRemoteInvocations();
            services.AddHomesSettings();
            services.AddPostgresStorage();
            services.AddSqliteStorage();
        });
        builder.Services.Replace(ServiceDescriptor.Transient(typeof(IOptionsFactory<>), typeof(SettingsFactory<>)));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromHours(13));
        WebApplication app = builder.Build();
        // All settings together, before the first of them is used: whoever has three mistakes is told of three.
        app.Services.GetRequiredService<IStartupValidator>().Validate();
        app.UseAllowedHosts();
        app.UseApiErrors();
        app.UseRouting();
        Map(app, line.Roles);
        return app;
    }

    private static void Map(WebApplication app, Roles roles)
    {
        if (roles.HasFlag(Roles.Api))
        {
            app.MapControl();
            app.MapRuns();
        }
        else
        {
            app.MapOperations();
        }
    }

    // Settings: the file, then the environment, then the arguments; under all of them, what follows from the data folder.
    private static void Configure(ConfigurationManager configuration, CommandLine line)
    {
        string data = Path.GetFullPath(line.Data);
        configuration.Sources.Clear();
        configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["InterCluster:Storage:DataFolder"] = data,
            ["InterCluster:Identity:AdminKeyFile"] = Path.Combine(data, "admin-key"),
            ["InterCluster:Replicas:DataFolder"] = Path.Combine(data, "replicas"),
        });
        if (line.ConfigFile is { } file)
        {
            configuration.AddJsonFile(Path.GetFullPath(file), optional: false);
        }

        configuration.AddEnvironmentVariables();
        configuration.AddInMemoryCollection(line.Settings);
        GatewayAddress.Add(configuration);
        KeepWebhookKeyApart(configuration, data);
    }

    // Beside the data file, not in it. Servers that share a database have to be given a file that they share as well.
    private static void KeepWebhookKeyApart(ConfigurationManager configuration, string data)
    {
        const string Key = "InterCluster:Webhooks:SecretsKeyFile";
        if (configuration[Key] is null && !IsOnPostgres(configuration))
        {
            configuration.AddInMemoryCollection(new Dictionary<string, string?> { [Key] = Path.Combine(data, "webhook-key") });
        }
    }

    private static bool IsOnPostgres(ConfigurationManager configuration) =>
        !string.IsNullOrWhiteSpace(configuration[$"{PostgresOptions.Section}:{nameof(PostgresOptions.ConnectionString)}"]);

    private static void AddFeatures(IServiceCollection services, IConfiguration settings, Roles roles)
    {
        AddCore(services);
        AddRoles(services, settings, roles);
        services.AddControlListener();
        services.AddStallDetector();
    }

    private static void AddCore(IServiceCollection services)
    {
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<AppCatalog>();
        services.TryAddSingleton<IAppCatalog>(provider => provider.GetRequiredService<AppCatalog>());
        services.TryAddSingleton<IHomeCatalog>(provider => provider.GetRequiredService<AppCatalog>());
        services.TryAddSingleton<IAdmissionDirectory>(provider =>
            new AdmissionDirectory(provider.GetRequiredService<TimeProvider>(), Random.Shared, provider.GetService<GatewayLease>()));
        services.AddEgress();
        services.AddCron();
    }

    // The one place that asks where things are kept.
    private static void AddStorage(IServiceCollection services, ConfigurationManager configuration, Roles roles)
    {
        if (!IsOnPostgres(configuration))
        {
            services.AddSqliteStorage();
            services.AddCalendarInMemory();
        }
        else
        {
            services.AddPostgresStorage();
            services.AddCalendarInPostgres();
            if (roles.HasFlag(Roles.Api))
            {
                services.AddHomes();
            }
        }
    }

    private static void AddRoles(IServiceCollection services, IConfiguration settings, Roles roles)
    {
        // Hosted services start in this order and stop in the reverse: calls first, then workers, then what they call.
        // The keys come first of all: replicas are started with tokens.
        services.AddControlApi();
        if (roles.HasFlag(Roles.Api))
        {
            services.AddReplicas();
        }

        services.AddBus(settings, roles);
        if (roles.HasFlag(Roles.Api))
        {
            services.AddRunApi();
            services.AddAutoscaler();
        }

        if (roles.HasFlag(Roles.Dispatcher))
        {
            services.AddDispatcher();
            services.AddScheduleFiring();
        }

        if (roles.HasFlag(Roles.Workers))
        {
            services.AddWorkers();
        }

        if (!roles.HasFlag(Roles.Api))
        {
            services.AddRemoteInvocations();
        }

        if (roles.HasFlag(Roles.Api))
        {
            services.AddGateway();
        }
    }
}
