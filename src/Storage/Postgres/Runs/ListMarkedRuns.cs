using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Postgres.Engine;
using Npgsql;
using NpgsqlTypes;

namespace InterCluster.Storage.Postgres.Runs;

/// <summary>
/// Reads a page of a batch or of a tag, newest first. Its index knows no more than that, so that a run costs it nothing but its entry; what else the
/// filter says is looked at run by run, and a page ends after a bounded number of them.
/// </summary>
internal static class ListMarkedRuns
{
    private const int MostLookedAt = 10_000;

    // $1 project, $2 batch or tag, $3 cursor, $4 looked at.
    private const string OfBatch = """
        select * from requests
        where batch = $2 and project_id = (select id from projects where name = $1)
          and line < case when $3::uuid is null then 9223372036854775807 else coalesce((select line from requests where id = $3 and batch = $2), 0) end
        order by line desc limit $4
        """;

    private const string OfTag = """
        select * from requests
        where project_id = (select id from projects where name = $1) and tag = $2 and ($3::uuid is null or id < $3) order by id desc limit $4
        """;

    // $5 page, $6 app, $7 function, $8 state, $9 from, $10 to, $11 tag.
    private const string Page = $$"""
        {{ReadRuns.Columns}}
        from ({0}) r join functions fn on fn.id = r.function_id {{ReadRuns.Joins}}
        where ($6 is null or fn.app = $6) and ($7 is null or fn.name = $7) and ($8 is null or coalesce(l.state, f.state) = $8)
          and ($9 is null or r.created_at >= $9) and ($10 is null or r.created_at < $10) and ($11 is null or r.tag = $11)
        limit $5
        """;

    private static readonly string PageOfBatch = Page.Replace("{0}", OfBatch, StringComparison.Ordinal);
    private static readonly string PageOfTag = Page.Replace("{0}", OfTag, StringComparison.Ordinal);
    private static readonly string LastOfBatch = $"select id from ({OfBatch}) r offset {MostLookedAt - 1}";
    private static readonly string LastOfTag = $"select id from ({OfTag}) r offset {MostLookedAt - 1}";

    public static RunPage Read(PgSession session, RunFilter filter, RunId? before, int limit)
    {
        List<RunInfo> runs = ReadRuns.Infos(session, Select(session, filter, before, limit + 1));
        if (runs.Count > limit)
        {
            runs.RemoveAt(limit);
            return new RunPage(runs, runs[^1].Id);
        }

        using NpgsqlCommand last = session.Command(filter.Batch is null ? LastOfTag : LastOfBatch, Looked(filter, before));
        return new RunPage(runs, last.ExecuteScalar() is Guid id ? new RunId(id) : null);
    }

    private static NpgsqlCommand Select(PgSession session, RunFilter filter, RunId? before, int limit) => session.Command(
        filter.Batch is null ? PageOfTag : PageOfBatch,
        [
            .. Looked(filter, before), Pg.Int(limit), Pg.Text(filter.App), Pg.Text(filter.Function), Pg.Short((short?)filter.State),
            Pg.Time(filter.From), Pg.Time(filter.To), Pg.Text(filter.Tag),
        ]);

    private static NpgsqlParameter[] Looked(RunFilter filter, RunId? before) =>
    [
        Pg.Text(filter.Project), filter.Batch is { } batch ? Pg.Id(batch.Value) : Pg.Text(filter.Tag),
        before is { } cursor ? Pg.Id(cursor.Value) : Pg.Null(NpgsqlDbType.Uuid), Pg.Int(MostLookedAt),
    ];
}
