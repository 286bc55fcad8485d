using CsCheck;
using InterCluster.Storage.Tests.Harness;
using InterCluster.Storage.Tests.Model;

namespace InterCluster.Storage.Tests.Postgres;

public sealed class PostgresModelTests(PostgresTemplate template)
{
    [Fact]
    public Task Random_calls_are_answered_as_the_model_answers_them() => Step.Any.Array[1, 60].SampleAsync(
        async steps =>
        {
            using var store = new PostgresHarness(template);
            await new ModelDriver(store, store.Reopen).RunAsync(steps);
        },
        iter: 25,
        threads: 2);
}
