using InterCluster.Core.Gateways;
using InterCluster.Core.Naming;
using InterCluster.Storage.Postgres.Engine;
using Npgsql;
using NpgsqlTypes;

namespace InterCluster.Storage.Postgres.Gateways;

/// <summary>
/// The statements on leases and homes. A lease ends in one way: somebody sets <c>ended</c> in its row, which is allowed only after its time. A renewal of a row
/// that has it changes nothing. Both are updates of one row, so one of them comes first, whatever the clocks say.
/// </summary>
internal static class HomeCommands
{
    private const string Join = """
        with gone as (update gateways set ended = true where $4 and address = $2 and not ended and not leaving and id <> $1)
        insert into gateways (id, address, lease_until) values ($1, $2, clock() + $3)
        """;

    private const string Renew = "update gateways set lease_until = clock() + $2, leaving = $3 where id = $1 and not ended";

    // A pause of everybody's renewals: the database was away, and who comes back first must not take the others for gone.
    private const string Beat = "update gateway_service set up_since = case when clock() - renewed_at > $1 then clock() else up_since end, renewed_at = clock()";

    private const string EndOthers = """
        update gateways set ended = true
        where not ended and id <> $1 and lease_until <= clock() and exists (select from gateway_service where clock() - up_since > $2)
        """;

    private const string Members = "select id, address, leaving, extract(epoch from lease_until - clock())::float8 from gateways where not ended";

    private const string Since = "select project, app, gateway, epoch, version from homes where version > $1 order by version";

    // What this gateway holds itself it knows better. What a gateway held whose lease has ended rests for a while longer, and then nothing is known of it.
    private const string Held = """
        select h.project, h.app, l.address, sum(l.slots)::int
        from homes h join home_held l on l.project = h.project and l.app = h.app join gateways g on g.id = l.gateway
        where h.gateway = $1 and l.gateway <> $1 and (not g.ended or clock() < g.lease_until + $2)
        group by h.project, h.app, l.address
        """;

    private const string Advance = "update gateway_service set version = version + 1 returning version";

    private const string Open = "insert into homes (project, app) select * from unnest($1, $2) on conflict do nothing";

    // Its own too: a claim whose answer was lost. What it knew of the one before is lost with it.
    private const string Claim = """
        with free as (
          select h.project, h.app, h.gateway is not null as lost
          from homes h join unnest($2, $3) as wanted (project, app) on wanted.project = h.project and wanted.app = h.app
          where (h.gateway is null or h.gateway = $1 or exists (select from gateways g where g.id = h.gateway and g.ended))
            and exists (select from gateways me where me.id = $1 and not me.ended and not me.leaving)
          order by h.project, h.app for update of h)
        update homes h set gateway = $1, epoch = h.epoch + 1, version = $4 from free
        where h.project = free.project and h.app = free.app
        returning h.project, h.app, h.epoch, free.lost
        """;

    private const string Release = """
        update homes h set gateway = null, version = $4
        from unnest($2, $3) as given (project, app)
        where h.project = given.project and h.app = given.app and h.gateway = $1
        """;

    private const string Forget = "delete from home_held where gateway = $1";

    private const string Hold = "insert into home_held (gateway, project, app, address, slots) select $1, * from unnest($2, $3, $4, $5)";

    private const string Leave = "update gateways set ended = true, lease_until = clock() - $2 where id = $1 and not ended";

    private const string Tidy = """
        delete from home_held l where not exists (select from gateways g where g.id = l.gateway and (not g.ended or clock() < g.lease_until + interval '1 day'))
        """;

    private const string TidyGateways = """
        delete from gateways g where g.ended and clock() > g.lease_until + interval '1 day' and not exists (select from homes h where h.gateway = g.id)
        """;

    public static void JoinAs(PgSession session, GatewayMember self, bool takesOver, LeaseTerms terms)
    {
        session.Run(Join, Pg.Id(self.Id), Pg.Text(self.Address), Span(terms.Lease), Pg.Value(takesOver, NpgsqlDbType.Boolean));
        session.Run(Tidy);
        session.Run(TidyGateways);
    }

    public static GatewayView RenewAs(PgSession session, GatewayMember self, long since, LeaseTerms terms)
    {
        if (session.Run(Renew, Pg.Id(self.Id), Span(terms.Lease), Pg.Value(self.IsLeaving, NpgsqlDbType.Boolean)) == 0)
        {
            return new GatewayView(false, [], null, [], since, []);
        }

        session.Run(Beat, Span(terms.Gap));
        bool ended = session.Run(EndOthers, Pg.Id(self.Id), Span(terms.Lease)) > 0;
        (List<GatewayMember> members, TimeSpan? next) = ReadMembers(session, self.Id);
        (List<AppHome> homes, long version) = ReadHomes(session, since);
        if (ended)
        {
            session.Effects.HomesChanged = true;
        }

        return new GatewayView(true, members, next, homes, version, ReadHeld(session, self.Id, terms));
    }

    public static IReadOnlyList<HomeClaim> ClaimFor(PgSession session, Guid gateway, IReadOnlyList<AppId> apps, LeaseTerms terms)
    {
        string[] projects = [.. apps.Select(a => a.Project)];
        string[] names = [.. apps.Select(a => a.App)];
        using NpgsqlTransaction transaction = session.Connection.BeginTransaction();
        session.Run(Open, Pg.Array(projects, NpgsqlDbType.Text), Pg.Array(names, NpgsqlDbType.Text));
        long version = NextVersion(session);
        var taken = new List<(AppHome Home, bool Lost)>();
        using (NpgsqlCommand claim = session.Command(
            Claim, Pg.Id(gateway), Pg.Array(projects, NpgsqlDbType.Text), Pg.Array(names, NpgsqlDbType.Text), Pg.Value(version, NpgsqlDbType.Bigint)))
        {
            using NpgsqlDataReader rows = claim.ExecuteReader();
            while (rows.Read())
            {
                taken.Add((new AppHome(new AppId(rows.GetString(0), rows.GetString(1)), gateway, rows.GetInt64(2)), rows.GetBoolean(3)));
            }
        }

        ILookup<AppId, HeldSlots> held = ReadHeld(session, gateway, terms).ToLookup(h => h.App);
        transaction.Commit();
        session.Effects.HomesChanged = taken.Count > 0;
        return [.. taken.Select(t => new HomeClaim(t.Home, t.Lost, [.. held[t.Home.App]]))];
    }

    public static void ReleaseOf(PgSession session, Guid gateway, IReadOnlyList<AppId> apps, IReadOnlyList<HeldSlots> held)
    {
        using NpgsqlTransaction transaction = session.Connection.BeginTransaction();
        long version = NextVersion(session);
        session.Run(
            Release, Pg.Id(gateway), Pg.Array([.. apps.Select(a => a.Project)], NpgsqlDbType.Text), Pg.Array([.. apps.Select(a => a.App)], NpgsqlDbType.Text),
            Pg.Value(version, NpgsqlDbType.Bigint));
        Replace(session, gateway, held);
        transaction.Commit();
        session.Effects.HomesChanged = true;
    }

    public static void ReportOf(PgSession session, Guid gateway, IReadOnlyList<HeldSlots> held)
    {
        using NpgsqlTransaction transaction = session.Connection.BeginTransaction();
        Replace(session, gateway, held);
        transaction.Commit();
        session.Effects.HomesChanged = true;
    }

    public static void LeaveAs(PgSession session, Guid gateway, LeaseTerms terms)
    {
        session.Run(Forget, Pg.Id(gateway));
        session.Run(Leave, Pg.Id(gateway), Span(terms.Rest));
        session.Effects.HomesChanged = true;
    }

    private static void Replace(PgSession session, Guid gateway, IReadOnlyList<HeldSlots> held)
    {
        session.Run(Forget, Pg.Id(gateway));
        if (held.Count > 0)
        {
            session.Run(
                Hold, Pg.Id(gateway), Pg.Array([.. held.Select(h => h.App.Project)], NpgsqlDbType.Text), Pg.Array([.. held.Select(h => h.App.App)], NpgsqlDbType.Text),
                Pg.Array([.. held.Select(h => h.Address)], NpgsqlDbType.Text), Pg.Array([.. held.Select(h => h.Slots)], NpgsqlDbType.Integer));
        }
    }

    private static long NextVersion(PgSession session)
    {
        using NpgsqlCommand advance = session.Command(Advance);
        return (long)advance.ExecuteScalar()!;
    }

    private static (List<GatewayMember> Members, TimeSpan? NextEnd) ReadMembers(PgSession session, Guid self)
    {
        using NpgsqlCommand select = session.Command(Members);
        using NpgsqlDataReader rows = select.ExecuteReader();
        var members = new List<GatewayMember>();
        TimeSpan? next = null;
        while (rows.Read())
        {
            members.Add(new GatewayMember(rows.GetGuid(0), rows.GetString(1), rows.GetBoolean(2)));
            if (rows.GetGuid(0) != self && TimeSpan.FromSeconds(rows.GetDouble(3)) is var left && !(left > next))
            {
                next = left;
            }
        }

        return (members, next);
    }

    private static (List<AppHome> Homes, long Version) ReadHomes(PgSession session, long since)
    {
        using NpgsqlCommand select = session.Command(Since, Pg.Value(since, NpgsqlDbType.Bigint));
        using NpgsqlDataReader rows = select.ExecuteReader();
        var homes = new List<AppHome>();
        while (rows.Read())
        {
            homes.Add(new AppHome(new AppId(rows.GetString(0), rows.GetString(1)), rows.IsDBNull(2) ? null : rows.GetGuid(2), rows.GetInt64(3)));
            since = rows.GetInt64(4);
        }

        return (homes, since);
    }

    private static List<HeldSlots> ReadHeld(PgSession session, Guid gateway, LeaseTerms terms)
    {
        using NpgsqlCommand select = session.Command(Held, Pg.Id(gateway), Span(terms.Rest));
        using NpgsqlDataReader rows = select.ExecuteReader();
        var held = new List<HeldSlots>();
        while (rows.Read())
        {
            held.Add(new HeldSlots(new AppId(rows.GetString(0), rows.GetString(1)), rows.GetString(2), rows.GetInt32(3)));
        }

        return held;
    }

    private static NpgsqlParameter Span(TimeSpan span) => Pg.Value(span, NpgsqlDbType.Interval);
}
