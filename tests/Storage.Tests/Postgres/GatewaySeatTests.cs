using InterCluster.Storage.Postgres;
using InterCluster.Storage.Postgres.Gateways;
using InterCluster.Storage.Tests.Harness;
using InterCluster.Testing.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace InterCluster.Storage.Tests.Postgres;

/// <summary>One gateway per store.</summary>
public sealed class GatewaySeatTests(PostgresTemplate template) : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private PostgresTestDatabase _database = null!;

    public async ValueTask InitializeAsync() => _database = await template.NewDatabaseAsync();

    public async ValueTask DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task The_second_gateway_stands_by_until_the_first_has_gone()
    {
        PostgresGatewaySeat first = Seat();
        using PostgresGatewaySeat second = Seat();
        await first.TakeAsync(CancellationToken.None).WaitAsync(Limit);

        Task waiting = second.TakeAsync(CancellationToken.None);
        await Task.WhenAny(waiting, Task.Delay(TimeSpan.FromSeconds(2.5), TimeProvider.System));
        bool tookTooSoon = waiting.IsCompleted;
        first.Dispose();
        await waiting.WaitAsync(Limit);

        Assert.False(tookTooSoon);
        Assert.False(second.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task A_broken_session_is_mended_and_costs_the_seat_only_when_another_has_taken_it()
    {
        using PostgresGatewaySeat first = Seat();
        await first.TakeAsync(CancellationToken.None).WaitAsync(Limit);
        await BreakAsync();
        using PostgresGatewaySeat second = Seat();

        Task taken = second.TakeAsync(CancellationToken.None);
        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration told = first.Lost.Register(() => lost.TrySetResult());
        // Whoever comes first has it; the other stands by or leaves, and never do both have it.
        Task settled = await Task.WhenAny(lost.Task, Task.Delay(TimeSpan.FromSeconds(4), TimeProvider.System));

        Assert.Equal(settled == lost.Task, first.Lost.IsCancellationRequested);
        if (settled == lost.Task)
        {
            await taken.WaitAsync(Limit);
        }
        else
        {
            Assert.False(taken.IsCompleted);
        }
    }

    private Task BreakAsync() => _database.RunAsync("select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'intercluster-gateway-%' and datname = current_database()");

    private PostgresGatewaySeat Seat() => new(
        Options.Create(new PostgresOptions { ConnectionString = _database.ConnectionString }), TimeProvider.System, NullLogger<PostgresGatewaySeat>.Instance);
}
