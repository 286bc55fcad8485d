using Npgsql;
using NpgsqlTypes;

namespace InterCluster.Storage.Postgres.Engine;

/// <summary>One connection, used by one thread at a time, and the effects of what it is about to commit.</summary>
internal sealed class PgSession(NpgsqlConnection connection, FunctionDirectory functions, int generation) : IDisposable
{
    private const string SetScope = "select set_config('intercluster.project', $1, false)";
    private ProjectScope? _scope; // Null: a pooled connection may have that of whoever had it before.

    public NpgsqlConnection Connection => connection;

    public FunctionDirectory Functions => functions;

    public PgEffects Effects { get; } = new();

    /// <summary>What the connector counted when this was opened: an older one is given up before its next use.</summary>
    public int Generation => generation;

    public bool IsOpen => connection.State == System.Data.ConnectionState.Open;

    /// <summary>Whose rows are seen from here on. A statement of its own where that changes; not within a transaction, which could take it back.</summary>
    public void Enter(ProjectScope scope)
    {
        if (scope != _scope)
        {
            _scope = null;
            Run(SetScope, Pg.Text(scope.Value));
            _scope = scope;
        }
    }

    /// <summary>One statement, a transaction by itself.</summary>
    public NpgsqlCommand Command(string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        NpgsqlCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Statements are constants of this assembly.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (NpgsqlParameter parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        return command;
    }

    /// <summary>Statements that go to the server together: one round trip, one transaction, one commit.</summary>
    public NpgsqlBatch Batch() => connection.CreateBatch();

    public int Run(string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        using NpgsqlCommand command = Command(sql, parameters);
        return command.ExecuteNonQuery();
    }

    public void Dispose() => connection.Dispose();
}

/// <summary>Parameters by their place ($1, $2, …).</summary>
internal static class Pg
{
    public static NpgsqlParameter Value<T>(T value, NpgsqlDbType type) => new NpgsqlParameter<T> { TypedValue = value, NpgsqlDbType = type };

    public static NpgsqlParameter Array<T>(T[] values, NpgsqlDbType type) =>
        new NpgsqlParameter<T[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type };

    public static NpgsqlParameter Text(string? value) =>
        value is null ? Null(NpgsqlDbType.Text) : Value(value, NpgsqlDbType.Text);

    public static NpgsqlParameter Time(DateTimeOffset? value) =>
        value is { } time ? Value(time.UtcDateTime, NpgsqlDbType.TimestampTz) : Null(NpgsqlDbType.TimestampTz);

    public static NpgsqlParameter Null(NpgsqlDbType type) => new() { Value = DBNull.Value, NpgsqlDbType = type };

    public static NpgsqlParameter Short(short? value) => value is { } v ? Value(v, NpgsqlDbType.Smallint) : Null(NpgsqlDbType.Smallint);

    public static NpgsqlParameter IntOrNull(int? value) => value is { } v ? Int(v) : Null(NpgsqlDbType.Integer);

    public static NpgsqlParameter Int(int value) => Value(value, NpgsqlDbType.Integer);

    public static NpgsqlParameter Id(Guid value) => Value(value, NpgsqlDbType.Uuid);

    public static NpgsqlParameter Bytes(byte[] value) => Value(value, NpgsqlDbType.Bytea);

    public static void Add(this NpgsqlBatch batch, string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
#pragma warning disable CA2100 // Statements are constants of this assembly.
        var command = new NpgsqlBatchCommand(sql);
#pragma warning restore CA2100
        foreach (NpgsqlParameter parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        batch.BatchCommands.Add(command);
    }

    public static DateTimeOffset GetTime(this NpgsqlDataReader row, int column) => new(row.GetDateTime(column));

    public static DateTimeOffset? GetTimeOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetTime(column);

    public static int? GetIntOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt32(column);

    public static string? GetTextOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    public static byte[] GetBytes(this NpgsqlDataReader row, int column) => row.GetFieldValue<byte[]>(column);
}
