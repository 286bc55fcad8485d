using InterCluster.Core.Naming;
using Npgsql;
using NpgsqlTypes;

namespace InterCluster.Storage.Postgres.Runs;

/// <summary>Columns of a group as arrays, one parameter each: however many rows, the statement and its plan stay the same.</summary>
internal static class RunArrays
{
    public static NpgsqlParameter Ids<T>(IReadOnlyList<T> rows, Func<T, RunId> id) => Column(rows, r => id(r).Value, NpgsqlDbType.Uuid);

    public static NpgsqlParameter Ints<T>(IReadOnlyList<T> rows, Func<T, int> value) => Column(rows, value, NpgsqlDbType.Integer);

    public static NpgsqlParameter Shorts<T>(IReadOnlyList<T> rows, Func<T, short> value) => Column(rows, value, NpgsqlDbType.Smallint);

    public static NpgsqlParameter Longs<T>(IReadOnlyList<T> rows, Func<T, long> value) => Column(rows, value, NpgsqlDbType.Bigint);

    public static NpgsqlParameter Texts<T>(IReadOnlyList<T> rows, Func<T, string?> value) => Column(rows, value, NpgsqlDbType.Text);

    public static NpgsqlParameter Spans<T>(IReadOnlyList<T> rows, Func<T, TimeSpan?> value) => Column(rows, value, NpgsqlDbType.Interval);

    public static NpgsqlParameter Times<T>(IReadOnlyList<T> rows, Func<T, DateTimeOffset?> value) =>
        Column<T, DateTime?>(rows, r => value(r)?.UtcDateTime, NpgsqlDbType.TimestampTz);

    public static NpgsqlParameter Column<T, TValue>(IReadOnlyList<T> rows, Func<T, TValue> value, NpgsqlDbType type)
    {
        var values = new TValue[rows.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = value(rows[i]);
        }

        return new NpgsqlParameter<TValue[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type };
    }
}
