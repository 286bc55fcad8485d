using Microsoft.Extensions.Hosting;

namespace InterCluster.Dispatcher.Scaling;

/// <summary>Runs the autoscaler.</summary>
internal sealed class AutoscalerService(Autoscaler autoscaler) : BackgroundService
{
    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // Before the start is over: the first call that waits is heard.
        autoscaler.Start();
        await base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await autoscaler.WaitAsync(stoppingToken);
                await autoscaler.RunOnceAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
        finally
        {
            autoscaler.Stop();
        }
    }
}
