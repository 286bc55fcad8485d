using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace InterCluster.Storage.Sqlite.Engine;

/// <summary>One connection and its prepared statements: owned by one thread.</summary>
internal sealed class SqliteSession : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly Dictionary<Sql, Statement> _statements = [];

    private SqliteSession(SqliteConnection connection) => _connection = connection;

    /// <summary>True inside a transaction.</summary>
    public bool InTransaction => raw.sqlite3_get_autocommit(_connection.Handle!) == 0;

    public long LastRowId => raw.sqlite3_last_insert_rowid(_connection.Handle!);

    /// <summary>
    /// The one connection that writes. WAL with FULL: every commit is synced before it returns. A larger WAL than the default is worth its memory:
    /// pages that many commits change are copied to the data file once.
    /// </summary>
    public static SqliteSession OpenWriter(string file) => Open(file, """
        pragma busy_timeout = 5000;
        pragma journal_mode = wal;
        pragma synchronous = full;
        pragma foreign_keys = on;
        pragma temp_store = memory;
        pragma cache_size = -65536;
        pragma wal_autocheckpoint = 8000;
        pragma journal_size_limit = 67108864;
        """);

    public static SqliteSession OpenReader(string file) => Open(file, """
        pragma busy_timeout = 5000;
        pragma query_only = on;
        pragma temp_store = memory;
        pragma cache_size = -16384;
        """);

    /// <summary>The prepared statement, ready to bind.</summary>
    public Statement Use(Sql sql)
    {
        if (!_statements.TryGetValue(sql, out Statement? statement))
        {
            statement = new Statement(_connection.Handle!, sql);
            _statements.Add(sql, statement);
        }

        return statement;
    }

    public void Run(Sql sql)
    {
        using Statement statement = Use(sql);
        statement.Run();
    }

    /// <summary>Runs a script that is not worth preparing.</summary>
    public void Execute(string script)
    {
        using SqliteCommand command = _connection.CreateCommand();
#pragma warning disable CA2100 // Scripts are constants of this assembly.
        command.CommandText = script;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    public void Dispose()
    {
        foreach (Statement statement in _statements.Values)
        {
            statement.Close();
        }

        _connection.Dispose();
    }

    private static SqliteSession Open(string file, string pragmas)
    {
        // No pooling: a pooled connection would keep the file open after we have closed it.
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = file, Mode = SqliteOpenMode.ReadWrite, Pooling = false }.ToString());
        try
        {
            connection.Open();
            var session = new SqliteSession(connection);
            session.Execute(pragmas);
            return session;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
