using InterCluster.Core.Runs;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Runs;

internal static class RenewLeases
{
    private static readonly Sql Renew = new("""
        update runs set lease_until = @until where id = @id and state = 2 and lease = @lease and lease_until > @now
        """);

    public static IReadOnlyList<bool> Apply(WriteSession session, IReadOnlyList<LeaseRef> leases, TimeSpan lease)
    {
        long until = session.Steady + Micros.From(lease);
        var held = new bool[leases.Count];
        for (int i = 0; i < held.Length; i++)
        {
            using Statement renew = session.Use(Renew);
            held[i] = renew.Bind(until).Bind(leases[i].Id).Bind(leases[i].Lease).Bind(session.Steady).Run() == 1;
        }

        return held;
    }
}
