using InterCluster.Core.Identity;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;

namespace InterCluster.Api.Batches;

/// <summary>
/// An answer that may go on for hours. While there is nothing to say it says so every 15 s, so that both ends notice when the other is gone; it ends when its
/// token no longer counts (RELIABILITY J11) or the process stops. A stream that is cut short never ends cleanly.
/// </summary>
internal sealed class LiveStream(
    HttpContext context, string mediaType, byte[] heartbeat, ICallerAuthenticator authenticator, IHostApplicationLifetime lifetime, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);
    private const int FlushAt = 64 * 1024;

    private readonly CancellationTokenSource _ends =
        CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);

    private long _lastWord = time.GetTimestamp();
    private long _lastCheck = time.GetTimestamp();
    private int _unflushed;

    /// <summary>Begins the answer and runs <paramref name="write"/> to its end.</summary>
    public async Task RunAsync(Func<CancellationToken, Task> write)
    {
        HttpResponse response = context.Response;
        response.ContentType = mediaType;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["X-Accel-Buffering"] = "no";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        await response.StartAsync(context.RequestAborted);
        try
        {
            await write(_ends.Token);
            await response.Body.FlushAsync(context.RequestAborted);
        }
        catch (Exception) when (response.HasStarted)
        {
            // Whatever it was: the reader must not take what came for the whole.
            context.Abort();
        }
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        _lastWord = time.GetTimestamp();
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
        _unflushed += bytes.Length;
        if (_unflushed >= FlushAt)
        {
            await FlushAsync();
        }
    }

    /// <summary>Sends what is there and waits for <paramref name="news"/>, or for <paramref name="longest"/>.</summary>
    public async ValueTask PauseAsync(Func<CancellationToken, Task>? news, TimeSpan longest)
    {
        await FlushAsync();
        await (news is null ? Task.Delay(longest, time, _ends.Token) : news(_ends.Token));
        if (time.GetElapsedTime(_lastWord) >= Heartbeat)
        {
            await WriteAsync(heartbeat);
            await FlushAsync();
        }

        if (time.GetElapsedTime(_lastCheck) >= Heartbeat)
        {
            _lastCheck = time.GetTimestamp();
            if (await authenticator.VerifyAsync(context.Request.Headers.Authorization.ToString(), _ends.Token) is null)
            {
                await _ends.CancelAsync();
            }
        }

        _ends.Token.ThrowIfCancellationRequested();
    }

    public void Dispose() => _ends.Dispose();

    private async ValueTask FlushAsync()
    {
        if (_unflushed > 0)
        {
            _unflushed = 0;
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }
}
