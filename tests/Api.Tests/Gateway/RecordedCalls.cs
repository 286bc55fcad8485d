using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using InterCluster.Core.Naming;
using InterCluster.Core.Requests;

namespace InterCluster.Api.Tests.Gateway;

/// <summary>The request log as a signal: each call is told when the gateway is through with it.</summary>
internal sealed class RecordedCalls : IRequestLog
{
    private readonly Channel<RequestRecord> _calls = Channel.CreateUnbounded<RequestRecord>();

    public long Dropped => 0;

    public Task<RequestRecord> NextAsync() => _calls.Reader.ReadAsync().AsTask().Within();

    public void Record(in RequestRecord record) => _calls.Writer.TryWrite(record);

    public bool TryFind(RunId id, [MaybeNullWhen(false)] out RequestRecord record)
    {
        record = default;
        return false;
    }

    public IReadOnlyList<RequestRecord> Recent(string project, in RequestFilter filter, int limit) => [];
}
