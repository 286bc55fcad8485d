using System.Text;
using InterCluster.Core.Naming;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace InterCluster.Storage.Sqlite.Engine;

/// <summary>
/// A prepared statement of one connection, used by that connection's thread again and again: bind in the order in which the parameters first
/// occur in the text, step, and dispose, which makes it ready for its next use. It speaks to SQLite's own interface: ADO.NET looks every
/// parameter up by name and makes a reader for every execution, which costs more than the statements here do.
/// </summary>
internal sealed class Statement : IDisposable
{
    private const int IdSize = 16;
    private readonly sqlite3 _db;
    private readonly sqlite3_stmt _statement;
    private int _bound;

    public Statement(sqlite3 db, Sql sql)
    {
        _db = db;
        SqliteException.ThrowExceptionForRC(raw.sqlite3_prepare_v3(db, sql.Text, raw.SQLITE_PREPARE_PERSISTENT, out _statement), db);
    }

    public Statement Bind(long value) => Check(raw.sqlite3_bind_int64(_statement, ++_bound, value));

    public Statement Bind(long? value) => value is { } v ? Bind(v) : Check(raw.sqlite3_bind_null(_statement, ++_bound));

    public Statement Bind(ReadOnlySpan<byte> value) => Check(
        value.IsEmpty ? raw.sqlite3_bind_zeroblob(_statement, ++_bound, 0) : raw.sqlite3_bind_blob(_statement, ++_bound, value));

    public Statement Bind(string? value)
    {
        if (value is null)
        {
            return Check(raw.sqlite3_bind_null(_statement, ++_bound));
        }

        int most = Encoding.UTF8.GetMaxByteCount(value.Length);
        Span<byte> utf8 = most <= 512 ? stackalloc byte[most] : new byte[most];
        return Check(raw.sqlite3_bind_text(_statement, ++_bound, utf8[..Encoding.UTF8.GetBytes(value, utf8)]));
    }

    public Statement Bind(RunId value)
    {
        Span<byte> bytes = stackalloc byte[IdSize];
        value.Value.TryWriteBytes(bytes, bigEndian: true, out _);
        return Bind(bytes);
    }

    public Statement Bind(RunId? value) => value is { } id ? Bind(id) : Bind((long?)null);

    /// <summary>True: there is a row.</summary>
    public bool Step()
    {
        int rc = raw.sqlite3_step(_statement);
        if (rc == raw.SQLITE_ROW)
        {
            return true;
        }

        if (rc != raw.SQLITE_DONE)
        {
            SqliteException.ThrowExceptionForRC(rc, _db);
        }

        return false;
    }

    /// <summary>Steps a statement without rows, and returns how many rows it changed.</summary>
    public int Run()
    {
        Step();
        return raw.sqlite3_changes(_db);
    }

    public bool IsNull(int column) => raw.sqlite3_column_type(_statement, column) == raw.SQLITE_NULL;

    public long Long(int column) => raw.sqlite3_column_int64(_statement, column);

    public int Int(int column) => raw.sqlite3_column_int(_statement, column);

    public long? LongOrNull(int column) => IsNull(column) ? null : Long(column);

    public int? IntOrNull(int column) => IsNull(column) ? null : Int(column);

    /// <summary>The bytes of a blob or a text, valid until the next step.</summary>
    public ReadOnlySpan<byte> Span(int column) => raw.sqlite3_column_blob(_statement, column);

    public byte[] Bytes(int column) => Span(column).ToArray();

    public string Text(int column) => Encoding.UTF8.GetString(Span(column));

    public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);

    public RunId? IdOrNull(int column) => IsNull(column) ? null : Id(column);

    public RunId Id(int column) => new(new Guid(Span(column), bigEndian: true));

    public void Dispose()
    {
        raw.sqlite3_reset(_statement);
        raw.sqlite3_clear_bindings(_statement); // A bound body would be kept in memory until the next use.
        _bound = 0;
    }

    /// <summary>Frees it for good.</summary>
    public void Close() => _statement.Dispose();

    private Statement Check(int rc)
    {
        if (rc != raw.SQLITE_OK)
        {
            SqliteException.ThrowExceptionForRC(rc, _db);
        }

        return this;
    }
}
