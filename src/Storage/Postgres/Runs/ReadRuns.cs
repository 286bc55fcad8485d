using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.Postgres.Engine;
using Npgsql;

namespace InterCluster.Storage.Postgres.Runs;

/// <summary>Reads single runs. A run's facts are in its request, and in the one of two tables that says where it is.</summary>
internal static class ReadRuns
{
    public const string Columns = """
        select r.id, r.function_id, coalesce(l.state, f.state), r.method, r.path, r.priority, coalesce(l.attempt, f.attempt), r.max_attempts,
               coalesce(l.crashes, f.crashes), coalesce(l.lease, f.lease), r.created_at, l.ready_at, coalesce(l.started_at, f.started_at), f.finished_at,
               coalesce(l.status, f.status), coalesce(l.error, f.error), r.batch, r.line, r.tag, coalesce(l.expires_at, f.expires_at), r.origin,
               coalesce(f.status is not null and f.state <> 5 and not exists (select from responses e where e.id = r.id), false)
        """;

    public const int ColumnCount = 22;

    public const string Joins = "left join live l on l.id = r.id left join finished f on f.id = r.id";

    private const string ById = $"{Columns} from requests r {Joins} where r.id = $1 and r.project_id = (select id from projects where name = $2)";

    private const string Response = """
        select coalesce(l.status, f.status), a.headers, a.body
        from requests r join responses a on a.id = r.id left join live l on l.id = r.id left join finished f on f.id = r.id
        where r.id = $1 and r.project_id = (select id from projects where name = $2)
        """;

    private const string Request =
        "select method, path, headers, body from requests where id = $1 and project_id = (select id from projects where name = $2)";

    public static RunRequest? GetRequest(PgSession session, string project, RunId id)
    {
        using NpgsqlCommand find = session.Command(Request, Pg.Id(id.Value), Pg.Text(project));
        using NpgsqlDataReader row = find.ExecuteReader();
        return row.Read() ? new RunRequest(row.GetString(0), row.GetString(1), HeaderCodec.Decode(row.GetBytes(2)), row.GetBytes(3)) : null;
    }

    public static RunInfo? Get(PgSession session, string project, RunId id)
    {
        using NpgsqlCommand find = session.Command(ById, Pg.Id(id.Value), Pg.Text(project));
        return Infos(session, find).FirstOrDefault();
    }

    public static RunResponse? GetResponse(PgSession session, string project, RunId id)
    {
        using NpgsqlCommand find = session.Command(Response, Pg.Id(id.Value), Pg.Text(project));
        using NpgsqlDataReader row = find.ExecuteReader();
        return row.Read() && !row.IsDBNull(0) ? new RunResponse(row.GetInt32(0), HeaderCodec.Decode(row.GetBytes(1)), row.GetBytes(2)) : null;
    }

    public static List<RunInfo> Infos(PgSession session, NpgsqlCommand select)
    {
        var infos = new List<(int Function, RunInfo Info)>();
        using (NpgsqlDataReader rows = select.ExecuteReader())
        {
            while (rows.Read())
            {
                if (!rows.IsDBNull(2))
                {
                    infos.Add((rows.GetInt32(1), Info(rows)));
                }
            }
        }

        session.Functions.Load(session, infos.Select(i => i.Function));
        return infos.ConvertAll(i => i.Info with { Function = session.Functions[i.Function].Function });
    }

    public static RunInfo Info(NpgsqlDataReader row)
    {
        var state = (RunState)row.GetInt16(2);
        return new RunInfo
        {
            Id = new RunId(row.GetGuid(0)),
            Function = default,
            State = state,
            Method = row.GetString(3),
            PathAndQuery = row.GetString(4),
            Priority = (RunPriority)row.GetInt16(5),
            Attempt = row.GetInt32(6),
            MaxAttempts = row.GetInt32(7),
            Crashes = row.GetInt32(8),
            Lease = row.GetInt64(9),
            CreatedAt = row.GetTime(10),
            RunAt = state == RunState.Scheduled ? row.GetTime(11) : null,
            StartedAt = row.GetTimeOrNull(12),
            FinishedAt = row.GetTimeOrNull(13),
            Status = row.GetIntOrNull(14),
            Error = row.GetTextOrNull(15),
            Batch = row.IsDBNull(16) ? null : new BatchId(row.GetGuid(16)),
            Line = row.IsDBNull(17) ? null : row.GetInt64(17),
            Tag = row.GetTextOrNull(18),
            ExpiresAt = row.GetTimeOrNull(19),
            Origin = row.IsDBNull(20) ? null : new RunId(row.GetGuid(20)),
            IsResultExpired = row.GetBoolean(21),
        };
    }
}
