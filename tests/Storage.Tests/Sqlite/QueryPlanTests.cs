using System.Reflection;
using InterCluster.Storage.Sqlite.Engine;
using InterCluster.Storage.Tests.Harness;

namespace InterCluster.Storage.Tests.Sqlite;

public sealed class QueryPlanTests
{
    private static readonly string[] LargeTables = ["runs", "r", "requests", "q", "responses", "a", "idempotency", "batches", "b", "run_webhooks", "w", "webhook_deliveries", "webhook_bodies", "webhook_attempts", "schedule_fires"];

    public static TheoryData<string> Statements =>
        [.. typeof(Sql).Assembly.GetTypes()
            .SelectMany(t => t.GetFields(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public))
            .Where(f => f.FieldType == typeof(Sql))
            .Select(f => ((Sql)f.GetValue(null)!).Text)
            .Where(text => text.StartsWith("select", StringComparison.Ordinal) || text.StartsWith("update", StringComparison.Ordinal)
                || text.StartsWith("delete", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Statements))]
    public async Task No_statement_reads_a_large_table_through_or_sorts_it(string statement)
    {
        using var store = new SqliteHarness();

        List<string> plan = await store.Get<SqliteDatabase>().ReadAsync(s => Plan(s, statement), default);

        Assert.NotEmpty(plan);
        bool large = plan.Any(step => LargeTables.Any(t => step.StartsWith($"SEARCH {t} ", StringComparison.Ordinal)));
        Assert.DoesNotContain(plan, step => LargeTables.Any(t => step == $"SCAN {t}"));
        Assert.DoesNotContain(plan, step => large && step.Contains("TEMP B-TREE", StringComparison.Ordinal));
    }

    private static List<string> Plan(SqliteSession session, string statement)
    {
        var steps = new List<string>();
        using Statement rows = session.Use(new Sql($"explain query plan {statement}"));
        while (rows.Step())
        {
            steps.Add(rows.Text(3));
        }

        return steps;
    }
}
