using InterCluster.Core.Runs;
using InterCluster.Storage.GroupCommit;
using InterCluster.Storage.Postgres.Engine;
using Npgsql;

namespace InterCluster.Storage.Postgres.Runs;

/// <summary>A worker that wants to go on holding its runs.</summary>
internal sealed class RenewWork(IReadOnlyList<LeaseRef> leases, TimeSpan lease, CancellationToken ct)
    : PgWork<IReadOnlyList<bool>>(new WorkCost(leases.Count), ct)
{
    public IReadOnlyList<LeaseRef> Leases => leases;

    public TimeSpan Lease => lease;
}

internal static class RenewLeases
{
    private const string Renew = """
        with now as materialized (select clock() as time)
        update live l set lease_until = now.time + given.hold
        from now, unnest($1, $2, $3) with ordinality as given (id, lease, hold, n)
        where l.id = given.id and l.lease = given.lease and l.state + 0 = 2 and l.lease_until > now.time
        returning given.n::int - 1
        """;

    public static void Apply(PgSession session, List<RenewWork> group)
    {
        Item[] items = [.. group.SelectMany(w => w.Leases.Select((l, index) => new Item(w, index, l)))
            .DistinctBy(i => i.Lease)
            .OrderBy(i => i.Lease.Id.Value)];
        Dictionary<RenewWork, HashSet<LeaseRef>> held = group.ToDictionary(w => w, _ => new HashSet<LeaseRef>());
        using (NpgsqlCommand renew = session.Command(
            Renew, RunArrays.Ids(items, i => i.Lease.Id), RunArrays.Longs(items, i => i.Lease.Lease), RunArrays.Spans(items, i => i.Work.Lease)))
        using (NpgsqlDataReader rows = renew.ExecuteReader())
        {
            while (rows.Read())
            {
                Item item = items[rows.GetInt32(0)];
                held[item.Work].Add(item.Lease);
            }
        }

        group.ForEach(w => w.Result = [.. w.Leases.Select(held[w].Contains)]);
    }

    private readonly record struct Item(RenewWork Work, int Index, LeaseRef Lease);
}
