using System.Threading.Channels;
using Grpc.Core;

namespace InterCluster.Api.Tests.Gateway;

/// <summary>A gRPC service of every kind of call.</summary>
internal sealed class SumsReplica : Sums.SumsBase
{
    /// <summary>The test's go-ahead for each message of <see cref="CountTo"/>.</summary>
    public static Channel<int> Steps { get; } = Channel.CreateUnbounded<int>();

    public override Task<Sum> Add(Pair request, ServerCallContext context)
    {
        long sum = (long)request.Left + request.Right;
        return sum > int.MaxValue
            ? throw new RpcException(new Status(StatusCode.OutOfRange, "too large"), new Metadata { { "x-why", "checked" } })
            : Task.FromResult(new Sum { Value = (int)sum });
    }

    public override async Task CountTo(Number request, IServerStreamWriter<Number> responseStream, ServerCallContext context)
    {
        await context.WriteResponseHeadersAsync([]);
        for (int i = 0; i < request.Value; i++)
        {
            await responseStream.WriteAsync(new Number { Value = await Steps.Reader.ReadAsync(context.CancellationToken) });
        }
    }

    public override async Task Running(IAsyncStreamReader<Number> requestStream, IServerStreamWriter<Sum> responseStream, ServerCallContext context)
    {
        await context.WriteResponseHeadersAsync([]);
        int total = 0;
        await foreach (Number number in requestStream.ReadAllAsync(context.CancellationToken))
        {
            await responseStream.WriteAsync(new Sum { Value = total += number.Value });
        }
    }

    public override async Task<Sum> Total(IAsyncStreamReader<Number> requestStream, ServerCallContext context)
    {
        int total = 0;
        await foreach (Number number in requestStream.ReadAllAsync(context.CancellationToken))
        {
            total += number.Value;
        }

        return new Sum { Value = total };
    }
}
