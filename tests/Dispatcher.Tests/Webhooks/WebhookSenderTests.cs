using System.Collections.Concurrent;
using InterCluster.Core.Egress;
using InterCluster.Core.Naming;
using InterCluster.Core.Webhooks;
using InterCluster.Dispatcher.Webhooks;
using InterCluster.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace InterCluster.Dispatcher.Tests.Webhooks;

/// <summary>The sender on a real store and real receivers, on a clock that the test drives.</summary>
public sealed class WebhookSenderTests : IDisposable
{
    private const string Project = "p-one";
    private readonly string _folder = Directory.CreateTempSubdirectory("intercluster-webhooks-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly ServiceProvider _services;

    public WebhookSenderTests()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["InterCluster:Webhooks:PerReceiver"] = "2",
            ["InterCluster:Webhooks:Concurrency"] = "8",
        }).Build());
        services.AddSingleton<TimeProvider>(_time);
        services.AddSingleton(new EgressPolicy(["127.0.0.1"], [], [443]));
        services.AddSqliteStorage(o => o.DataFolder = _folder);
        services.AddWebhookSender();
        _services = services.BuildServiceProvider();
    }

    private WebhookSender Sender => _services.GetRequiredService<WebhookSender>();

    private IWebhookStore Store => _services.GetRequiredService<IWebhookStore>();

    public void Dispose()
    {
        _services.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(WebhookRetries.Quick, 404, 3)]
    [InlineData(WebhookRetries.Quick, 500, 1)]
    [InlineData(WebhookRetries.Lasting, 500, 8)]
    public async Task A_receiver_that_refuses_gets_its_attempts_and_the_delivery_dies(WebhookRetries retries, int status, int attempts)
    {
        await using Receiver receiver = await Receiver.StartAsync(Answer(status));
        Guid id = await AddAsync(receiver.Url, retries);

        await SendAllAsync(TimeSpan.FromDays(2));

        (DeliveryInfo info, IReadOnlyList<DeliveryAttempt> log) = await GetAsync(id);
        Assert.Equal((DeliveryState.Dead, attempts, status, DeliveryErrors.Refused), (info.State, info.Attempts, info.LastStatus, info.LastError));
        Assert.Equal(Enumerable.Range(1, attempts), log.Select(a => a.Number));
        Assert.Equal(attempts, receiver.Deliveries.Count);
        Assert.Equal([id.ToString()], receiver.Deliveries.Select(d => d["X-InterCluster-Webhook-Id"]).Distinct());
        Assert.Equal(attempts, receiver.Deliveries.Select(d => d["X-InterCluster-Webhook-Attempt"]).Distinct().Count());
    }

    [Fact]
    public async Task A_receiver_that_comes_back_gets_it_and_then_no_more()
    {
        int calls = 0;
        await using Receiver receiver = await Receiver.StartAsync(context =>
        {
            context.Response.StatusCode = Interlocked.Increment(ref calls) < 3 ? 404 : 204;
            return Task.CompletedTask;
        });
        Guid id = await AddAsync(receiver.Url);

        await SendAllAsync(TimeSpan.FromMinutes(10));

        Assert.Equal((DeliveryState.Delivered, 3, 204, null), Of((await GetAsync(id)).Delivery));
        Assert.Equal(3, receiver.Deliveries.Count);
    }

    [Fact]
    public async Task A_dead_delivery_is_sent_again_on_demand()
    {
        int status = 500;
        await using Receiver receiver = await Receiver.StartAsync(context => Answer(Volatile.Read(ref status))(context));
        Guid id = await AddAsync(receiver.Url);
        await SendAllAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(DeliveryState.Dead, (await GetAsync(id)).Delivery.State);

        Volatile.Write(ref status, 200);
        Assert.Equal(DeliveryState.Dead, await Store.RedeliverAsync(Project, id, default));
        await SendAllAsync(TimeSpan.FromMinutes(1));

        Assert.Equal((DeliveryState.Delivered, 2, 200, null), Of((await GetAsync(id)).Delivery));
    }

    [Fact]
    public async Task A_receiver_that_hangs_holds_up_no_other()
    {
        var inside = new ConcurrentQueue<HttpContext>();
        using var arrived = new SemaphoreSlim(0);
        var free = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Receiver hanging = await Receiver.StartAsync(async context =>
        {
            inside.Enqueue(context);
            arrived.Release();
            await free.Task;
        });
        await using Receiver quick = await Receiver.StartAsync();
        for (int i = 0; i < 20; i++)
        {
            await AddAsync(hanging.Url);
        }

        Guid other = await AddAsync(quick.Url);

        await Sender.RunOnceAsync(default);
        Assert.True(await arrived.WaitAsync(TimeSpan.FromSeconds(30)) && await arrived.WaitAsync(TimeSpan.FromSeconds(30)));
        await UntilAsync(async () => (await GetAsync(other)).Delivery.State == DeliveryState.Delivered);
        await Sender.RunOnceAsync(default);

        Assert.Equal((2, 2), (inside.Count, Sender.InFlight));
        free.SetResult();
        await Sender.IdleAsync();
        await SendAllAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(20, hanging.Deliveries.Count);
    }

    [Fact]
    public async Task What_a_dead_sender_held_is_sent_again_under_the_same_id()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        Guid id = await AddAsync(receiver.Url);
        var shares = new WebhookShares(1, 1, 1, 1, []);
        Assert.Single((await Store.ClaimAsync(shares, TimeSpan.FromSeconds(30), default)).Deliveries); // Claimed, and never heard of again.

        await SendAllAsync(TimeSpan.FromSeconds(29));
        Assert.Empty(receiver.Deliveries);
        await SendAllAsync(TimeSpan.FromSeconds(2));

        Assert.Equal(id.ToString(), Assert.Single(receiver.Deliveries)["X-InterCluster-Webhook-Id"]);
        Assert.Equal((DeliveryState.Delivered, 1, 200, null), Of((await GetAsync(id)).Delivery));
    }

    [Fact]
    public async Task The_service_hears_of_new_deliveries_and_stops_cleanly()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        await Sender.StartAsync(default);

        Guid id = await AddAsync(receiver.Url); // No time passes: the store's signal is what wakes it.
        await UntilAsync(async () => (await GetAsync(id)).Delivery.State == DeliveryState.Delivered);
        await Sender.StopAsync(default);

        Assert.Equal(0, Sender.InFlight);
        Guid late = await AddAsync(receiver.Url);
        Assert.Equal(DeliveryState.Pending, (await GetAsync(late)).Delivery.State);
    }

    private static RequestDelegate Answer(int status) => context =>
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    };

    private static (DeliveryState, int, int?, string?) Of(DeliveryInfo info) => (info.State, info.Attempts, info.LastStatus, info.LastError);

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await condition())
        {
            Assert.False(limit.IsCancellationRequested);
            await Task.Yield();
        }
    }

    // As the service does, but with nobody else driving the clock.
    private async Task SendAllAsync(TimeSpan during)
    {
        DateTimeOffset end = _time.GetUtcNow() + during;
        while (true)
        {
            WebhookClaim idle;
            do
            {
                await Sender.RunOnceAsync(default);
                await Sender.IdleAsync();
                idle = await Store.ClaimAsync(new WebhookShares(0, 0, 0, 0, []), TimeSpan.FromSeconds(30), default);
            }
            while (await AnyDueAsync());

            DateTimeOffset next = idle.NextDue is { } due && due <= end ? due : end;
            if (next == _time.GetUtcNow())
            {
                return;
            }

            _time.Advance(next - _time.GetUtcNow());
        }
    }

    private async Task<bool> AnyDueAsync() =>
        (await Store.ListAsync(new DeliveryFilter(Project, DeliveryState.Pending), null, 100, default)).Deliveries.Any(d => d.DueAt <= _time.GetUtcNow());

    private async Task<(DeliveryInfo Delivery, IReadOnlyList<DeliveryAttempt> Attempts)> GetAsync(Guid id) => (await Store.GetAsync(Project, id, default))!.Value;

    private async Task<Guid> AddAsync(string url, WebhookRetries retries = WebhookRetries.Quick)
    {
        Assert.True(EgressTarget.TryParse(url, out EgressTarget? target, out string? error), error);
        Guid id = Guid.CreateVersion7(_time.GetUtcNow());
        await Store.AddAsync(
            new NewDelivery
            {
                Id = id,
                Subject = new DeliverySubject(new FunctionId(new AppId(Project, "app"), "work"), RunId.New(_time), null, null, 200, null),
                Target = new WebhookTarget { Url = url, Authority = target.Authority, Retries = retries },
                Body = "x"u8.ToArray(),
            },
            default);
        return id;
    }
}
