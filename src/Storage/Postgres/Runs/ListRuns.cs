using System.Buffers.Binary;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Postgres.Engine;
using Npgsql;
using NpgsqlTypes;

namespace InterCluster.Storage.Postgres.Runs;

/// <summary>
/// Reads a page, newest first: in the order of the ids, which is that of acceptance. A whole project is one range of an index. With a filter, each
/// function and state is a range of another one, sorted alike, and the page is the newest of them all: so a page costs the same however many runs there
/// are and however rare those of the filter.
/// </summary>
internal static class ListRuns
{
    private const string OfProject = $"""
        {ReadRuns.Columns}
        from (
          select * from requests where project_id = (select id from projects where name = $1) and id >= $2 and id < $3 order by id desc limit $4) r
        {ReadRuns.Joins}
        order by r.id desc
        """;

    private const string OfFunctions = $"""
        {ReadRuns.Columns}
        from (
          select page.id
          from functions fn join projects p on p.id = fn.project_id cross join unnest($7) as wanted (state) cross join lateral (
            (select id from live where function_id = fn.id and state = wanted.state and id >= $2 and id < $3 order by id desc limit $4)
            union all
            (select id from finished where function_id = fn.id and state = wanted.state and id >= $2 and id < $3 order by id desc limit $4)) page
          where p.name = $1 and ($5 is null or fn.app = $5) and ($6 is null or fn.name = $6)
          order by page.id desc limit $4) newest
        join requests r on r.id = newest.id
        {ReadRuns.Joins}
        order by r.id desc
        """;

    private static readonly short[] AllStates = [0, 1, 2, 3, 4, 5, 6];

    public static RunPage Read(PgSession session, RunFilter filter, RunId? before, int limit)
    {
        List<RunInfo> runs = ReadRuns.Infos(session, Select(session, filter, before, limit + 1));
        bool more = runs.Count > limit;
        if (more)
        {
            runs.RemoveAt(limit);
        }

        return new RunPage(runs, more ? runs[^1].Id : null);
    }

    private static NpgsqlCommand Select(PgSession session, RunFilter filter, RunId? before, int limit)
    {
        List<NpgsqlParameter> parameters = [Pg.Text(filter.Project), Pg.Id(First(filter.From)), Pg.Id(End(filter.To, before)), Pg.Int(limit)];
        bool whole = filter is { App: null, Function: null, State: null };
        if (!whole)
        {
            short[] states = filter.State is { } state ? [(short)state] : AllStates;
            parameters.AddRange([Pg.Text(filter.App), Pg.Text(filter.Function), Pg.Array(states, NpgsqlDbType.Smallint)]);
        }

        return session.Command(whole ? OfProject : OfFunctions, [.. parameters]);
    }

    private static Guid First(DateTimeOffset? from) => from is { } time ? FirstOf(time) : Guid.Empty;

    private static Guid End(DateTimeOffset? to, RunId? before)
    {
        Guid end = to is { } time ? FirstOf(time) : Guid.AllBitsSet;
        return before is { Value: var cursor } && cursor.CompareTo(end) < 0 ? cursor : end;
    }

    /// <summary>The smallest id of the first millisecond that is not before the time.</summary>
    private static Guid FirstOf(DateTimeOffset time)
    {
        long milliseconds = Math.Max(0, (long)Math.Ceiling((time.UtcTicks - DateTime.UnixEpoch.Ticks) / (double)TimeSpan.TicksPerMillisecond));
        Span<byte> id = stackalloc byte[16];
        id.Clear();
        BinaryPrimitives.WriteInt64BigEndian(id, milliseconds << 16);
        return new Guid(id, bigEndian: true);
    }
}
