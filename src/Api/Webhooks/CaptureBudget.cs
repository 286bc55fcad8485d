using Microsoft.Extensions.Options;

namespace InterCluster.Api.Webhooks;

/// <summary>The memory that copies of answers may take, all together.</summary>
internal sealed class CaptureBudget(IOptions<WebhookCaptureOptions> options)
{
    private long _left = options.Value.CaptureBytes;

    public int MaxBody { get; } = options.Value.MaxBodyBytes;

    public bool TryTake(int bytes)
    {
        if (Interlocked.Add(ref _left, -bytes) >= 0)
        {
            return true;
        }

        Return(bytes);
        return false;
    }

    public void Return(long bytes) => Interlocked.Add(ref _left, bytes);
}
