using Microsoft.Extensions.Options;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace InterCluster.Server.Bus;

/// <summary>Counts the dead letters and sees whether the broker answers, over a connection of its own.</summary>
internal sealed partial class RabbitMqWatch(BusMetrics metrics, TimeProvider time, IOptions<RabbitMqOptions> options, ILogger<RabbitMqWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private readonly ConnectionFactory _factory = new()
    {
        Uri = new Uri(options.Value.Uri!), AutomaticRecoveryEnabled = false, RequestedConnectionTimeout = Limit, ContinuationTimeout = Limit,
    };

    private IConnection? _connection;
    private long _known;

    /// <summary>One look; false when the broker does not answer.</summary>
    public async Task<bool> RunOnceAsync(CancellationToken ct)
    {
        try
        {
            long count = await CountAsync(ct);
            metrics.Read(count);
            if (count > _known)
            {
                LogDeadLetters(logger, count, RabbitMqTopology.DeadLetters);
            }

            _known = count;
            return true;
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            metrics.Unreachable();
            LogUnreachable(logger, e);
            await CloseAsync();
            return false;
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var timer = new PeriodicTimer(options.Value.CheckEvery, time);
        try
        {
            do
            {
                await RunOnceAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
        finally
        {
            await CloseAsync();
        }
    }

    private async Task<long> CountAsync(CancellationToken ct)
    {
        _connection = _connection is { IsOpen: true } open ? open : await _factory.CreateConnectionAsync("intercluster-watch", ct);
        await using IChannel channel = await _connection.CreateChannelAsync(cancellationToken: ct);
        try
        {
            QueueDeclareOk queue = await channel.QueueDeclarePassiveAsync(RabbitMqTopology.DeadLetters, ct);
            return queue.MessageCount;
        }
        catch (OperationInterruptedException missing) when (missing.ShutdownReason?.ReplyCode == Constants.NotFound)
        {
            return 0; // No queue was declared yet.
        }
    }

    private async Task CloseAsync()
    {
        if (_connection is { } connection)
        {
            _connection = null;
            await connection.DisposeAsync();
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Count} messages could not be dealt with; they are in the queue {Queue}")]
    private static partial void LogDeadLetters(ILogger logger, long count, string queue);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The broker does not answer; runs are accepted, and announced when it is back")]
    private static partial void LogUnreachable(ILogger logger, Exception exception);
}
