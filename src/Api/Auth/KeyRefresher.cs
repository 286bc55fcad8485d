using InterCluster.Core.Identity;
using InterCluster.Core.Signals;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace InterCluster.Api.Auth;

/// <summary>
/// Loads the server's own keys at the start (which fails without them) and then keeps the key ring up with the store, so that a revocation made by
/// another process counts here within 10 s. While the store is away, the keys that are known stay in force.
/// </summary>
internal sealed partial class KeyRefresher(
    IKeyStore store, KeyRing ring, ServerIdentity identity, StoreReadiness readiness, IOptions<IdentityOptions> options, TimeProvider time,
    ILogger<KeyRefresher> logger) : BackgroundService
{
    private readonly IdentityOptions _options = options.Value;
    private readonly Signal _changed = new();

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        AdminKey admin = _options.AdminKey is { Length: > 0 } given ? new AdminKey(given) : FromFile();
        byte[] secret = await store.GetOrCreateSecretAsync(ServerKey.SecretName, ServerKey.Create, cancellationToken);
        identity.Set(admin, ServerKey.Load(secret));
        store.Changed += _changed.Set;
        await RunOnceAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <summary>One reading of the store.</summary>
    public async Task RunOnceAsync(CancellationToken ct)
    {
        long asOf = ring.Version;
        IReadOnlyList<ProjectKey> stored = await store.ListAsync(null, ct);
        ring.Merge(stored, asOf);
        readiness.Reached();
    }

    public override void Dispose()
    {
        store.Changed -= _changed.Set;
        base.Dispose();
    }

    private AdminKey FromFile()
    {
        string path = Path.GetFullPath(_options.AdminKeyFile);
        AdminKey admin = AdminKeyFile.ReadOrCreate(path, out bool created);
        if (created)
        {
            LogAdminKeyCreated(path);
        }

        return admin;
    }

    // At once when another server tells of a change, and by looking: it may not be heard.
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await _changed.WaitAsync(_options.KeyRefresh, time, stoppingToken);
            try
            {
                await RunOnceAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                readiness.Failed();
                LogRefreshFailed(e);
            }
        }
    }
}
