using InterCluster.Core.Naming;

namespace InterCluster.Storage.Postgres.Engine;

/// <summary>What a transaction means for the world outside the database: told only after its commit.</summary>
internal sealed class PgEffects
{
    public List<RunId> Finished { get; } = [];

    public List<RunId> CancelRequested { get; } = [];

    public bool CatalogChanged { get; set; }

    public bool KeysChanged { get; set; }

    public bool DeliveriesDue { get; set; }

    public bool HomesChanged { get; set; }

    public bool IsEmpty => Finished.Count == 0 && CancelRequested.Count == 0 && !CatalogChanged && !KeysChanged && !DeliveriesDue && !HomesChanged;

    public void Clear()
    {
        Finished.Clear();
        CancelRequested.Clear();
        CatalogChanged = KeysChanged = DeliveriesDue = HomesChanged = false;
    }
}
