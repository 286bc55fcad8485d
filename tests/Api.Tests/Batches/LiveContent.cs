using System.IO.Pipelines;
using System.Net;

namespace InterCluster.Api.Tests.Batches;

/// <summary>A body that goes over the wire as it is written, as a producer's does; the client would gather it.</summary>
internal sealed class LiveContent(PipeReader body) : HttpContent
{
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        while (true)
        {
            ReadResult result = await body.ReadAsync();
            foreach (ReadOnlyMemory<byte> segment in result.Buffer)
            {
                await stream.WriteAsync(segment);
            }

            await stream.FlushAsync();
            body.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return;
            }
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
