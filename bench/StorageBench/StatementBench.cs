using System.Diagnostics;
using InterCluster.Storage.Sqlite.Engine;
using Microsoft.Data.Sqlite;

namespace InterCluster.Bench.Storage;

/// <summary>The same prepared insert of a small row, within one transaction: by ADO.NET (the baseline), and by our own statements.</summary>
internal static class StatementBench
{
    private const int Rows = 100_000;
    private const string Table = "create temp table rows (a integer, b blob, c text, d integer, e integer, f text)";
    private const string Text = "insert into rows (a, b, c, d, e, f) values (@a, @b, @c, @d, @e, @f)";
    private static readonly Sql Insert = new(Text);
    private static readonly byte[] Blob = new byte[16];

    public static void Run(string folder)
    {
        string file = Path.Combine(folder, $"statements-{Environment.ProcessId}");
        File.Create(file).Dispose();
        try
        {
            Console.WriteLine($"prepared insert of six values: ADO.NET {Median(() => AdoNet(file)):0.00} µs, ours {Median(() => Ours(file)):0.00} µs");
        }
        finally
        {
            foreach (string left in Directory.GetFiles(folder, Path.GetFileName(file) + "*"))
            {
                File.Delete(left);
            }
        }
    }

    private static double Median(Func<double> measure) => Figures.Median([.. Enumerable.Range(0, 7).Select(_ => measure())]);

    private static double AdoNet(string file)
    {
        using var connection = new SqliteConnection($"Data Source={file};Pooling=false");
        connection.Open();
        Execute(connection, Table);
        using SqliteTransaction transaction = connection.BeginTransaction();
        using SqliteCommand insert = connection.CreateCommand();
        insert.CommandText = Text;
        SqliteParameter[] parameters = [.. "abcdef".Select(name => insert.Parameters.Add(new SqliteParameter { ParameterName = $"@{name}" }))];
        insert.Prepare();
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < Rows; i++)
        {
            parameters[0].Value = (long)i;
            parameters[1].Value = Blob;
            parameters[2].Value = "POST";
            parameters[3].Value = (long)i;
            parameters[4].Value = (long)i;
            parameters[5].Value = DBNull.Value;
            insert.ExecuteNonQuery();
        }

        return Stopwatch.GetElapsedTime(start).TotalMicroseconds / Rows;
    }

    private static double Ours(string file)
    {
        using SqliteSession session = SqliteSession.OpenWriter(file);
        session.Execute(Table);
        session.Execute("begin");
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < Rows; i++)
        {
            using Statement insert = session.Use(Insert);
            insert.Bind(i).Bind(Blob).Bind("POST").Bind(i).Bind(i).Bind((string?)null).Run();
        }

        return Stopwatch.GetElapsedTime(start).TotalMicroseconds / Rows;
    }

    private static void Execute(SqliteConnection connection, string text)
    {
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // A constant.
        command.CommandText = text;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
