using System.Diagnostics;
using Npgsql;

namespace InterCluster.Bench.Storage;

/// <summary>Puts runs into the tables as if they had been submitted over the last days, and ended or not: ten million by the API would take longer than all else.</summary>
internal static class Prefill
{
    private const int Chunk = 250_000;

    // An id of version 7, a millisecond apart per run, the last a minute ago; the functions take turns.
    private const string Rows = """
        create temp table chunk as
        select (lpad(to_hex(ms), 12, '0') || '7' || substr(h, 1, 3) || 'a' || substr(h, 4, 15))::uuid as id, to_timestamp(ms / 1000.0) as at, f.id as function_id, f.project_id
        from (
          select i, md5(i::text || $2) as h, (extract(epoch from now()) * 1000)::bigint - 60000 - ($3 - i) as ms,
                 (i % (select count(*) from intercluster.functions))::int + (select min(id) from intercluster.functions)::int as fn
          from generate_series($4::bigint, $4 + $1 - 1) as i) n
        join intercluster.functions f on f.id = n.fn
        """;

    private const string Requests = """
        insert into intercluster.requests (id, created_at, project_id, function_id, max_attempts, priority, method, path, headers, body)
        select id, at, project_id, function_id, 4, 1, 'POST', '/work', '\x', decode(repeat('00', 512), 'hex') from chunk
        """;

    private const string Finished = """
        insert into intercluster.finished (id, started_at, finished_at, lease, function_id, attempt, crashes, status, state)
        select id, at, at + interval '1 second', 1, function_id, 1, 0, 200, 3 from chunk
        """;

    private const string Responses = "insert into intercluster.responses (id, headers, body) select id, '\\x', decode(repeat('00', 512), 'hex') from chunk";

    private const string Live = """
        insert into intercluster.live (id, ready_at, function_id, max_attempts, priority, state) select id, at, function_id, 4, 1, 1 from chunk
        """;

    private const string Counts = "insert into intercluster.counts (function_id, queued) select function_id, count(*) from chunk group by function_id";

    public static async Task RunAsync(string connectionString, BenchSettings settings)
    {
        if (settings.Finished + settings.Queued == 0)
        {
            return;
        }

        long start = Stopwatch.GetTimestamp();
        await using var connection = new NpgsqlConnection(connectionString + ";Command Timeout=600");
        await connection.OpenAsync();
        await RunAsync(connection, "finished", settings.Finished, Requests, Finished, Responses);
        await RunAsync(connection, "queued", settings.Queued, Requests, Live, Counts);
        foreach (string table in new[] { "requests", "finished", "responses", "live", "counts" })
        {
            await ExecuteAsync(connection, $"vacuum (analyze) intercluster.{table}");
        }

        await ExecuteAsync(connection, "checkpoint");
        Console.WriteLine($"prefilled {settings.Finished} finished and {settings.Queued} queued runs in {Stopwatch.GetElapsedTime(start).TotalSeconds:0} s");
    }

    private static async Task RunAsync(NpgsqlConnection connection, string kind, int count, params string[] inserts)
    {
        for (int done = 0; done < count; done += Chunk)
        {
            await ExecuteAsync(connection, "drop table if exists chunk");
            await ExecuteAsync(connection, Rows, Math.Min(Chunk, count - done), kind, (long)count, (long)done);
            foreach (string insert in inserts)
            {
                await ExecuteAsync(connection, insert);
            }
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, params object[] values)
    {
        await using NpgsqlCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Constants.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (object value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        await command.ExecuteNonQueryAsync();
    }
}
