using System.Threading.Channels;
using InterCluster.Api.Runs;
using InterCluster.Core.Messages;
using InterCluster.Core.Naming;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace InterCluster.Api.Tests.Runs;

/// <summary>Announcements while the bus takes none.</summary>
public sealed class BusAnnouncerTests : IAsyncLifetime
{
    private static readonly FunctionId Function = new(new AppId("p-a", "app"), "work");
    private readonly FakeTimeProvider _time = new();
    private readonly Channel<int> _tries = Channel.CreateUnbounded<int>();
    private ServiceProvider _services = null!;
    private BusAnnouncer _announcer = null!;
    private volatile bool _down = true;

    public async ValueTask InitializeAsync()
    {
        _services = new ServiceCollection().AddLogging().AddMetrics().AddSingleton<RunMetrics>().AddMassTransit(bus =>
        {
            bus.DisableUsageTelemetry();
            bus.UsingInMemory((_, memory) => memory.ConfigurePublish(publish => publish.UseExecute(Take)));
        }).BuildServiceProvider();
        await _services.GetRequiredService<IBusControl>().StartAsync(TestContext.Current.CancellationToken);
        // Time passes by leaps here: no announcement is to be late for that.
        _announcer = new BusAnnouncer(
            _services.GetRequiredService<IBus>(), _services.GetRequiredService<RunMetrics>(), _time, Options.Create(new RunOptions { AnnounceTimeout = TimeSpan.FromDays(1) }), NullLogger<BusAnnouncer>.Instance);
        await _announcer.StartAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _announcer.StopAsync(CancellationToken.None);
        _announcer.Dispose();
        await _services.GetRequiredService<IBusControl>().StopAsync(CancellationToken.None);
        await _services.DisposeAsync();
    }

    [Fact]
    public async Task Bus_that_takes_nothing_is_tried_once_a_second_and_then_told_of_all_that_waited()
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        _announcer.Announce(Function, RunId.New(_time));
        Assert.Equal(1, await _tries.Reader.ReadAsync(ct));

        // These go with the next try, however many they are.
        for (int i = 0; i < 100; i++)
        {
            _announcer.Announce(Function, RunId.New(_time));
        }

        Assert.False(_tries.Reader.TryRead(out _));
        _down = false;
        await AdvanceUntilTriedAsync(ct);

        Assert.Equal(100, await _tries.Reader.ReadAsync(ct));
        _announcer.Announce(Function, RunId.New(_time));
        Assert.Equal(1, await _tries.Reader.ReadAsync(ct));
    }

    // The pause begins on another thread than this one: time goes on until it has been seen.
    private async Task AdvanceUntilTriedAsync(CancellationToken ct)
    {
        Task<bool> tried = _tries.Reader.WaitToReadAsync(ct).AsTask();
        while (!tried.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
    }

    private void Take(PublishContext context)
    {
        if (context is PublishContext<RunsSubmitted> submitted)
        {
            _tries.Writer.TryWrite(submitted.Message.Ids.Count);
            if (_down)
            {
                throw new InvalidOperationException("The bus is down.");
            }
        }
    }
}
