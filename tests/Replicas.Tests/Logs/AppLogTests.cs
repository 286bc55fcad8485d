using System.Threading.Channels;
using InterCluster.Core.Replicas;
using InterCluster.Replicas.Logs;
using Microsoft.Extensions.Time.Testing;

namespace InterCluster.Replicas.Tests.Logs;

public sealed class AppLogTests
{
    private static readonly ReplicaId A = new("a");
    private static readonly ReplicaId B = new("b");

    private readonly AppLog _log = new(bytesPerReplica: 10_000, endedKept: 2, new FakeTimeProvider());

    [Fact]
    public void Lines_of_all_replicas_come_in_the_order_in_which_they_were_read()
    {
        _log.Add(A, "stdout", "1");
        _log.Add(B, "stdout", "2");
        _log.Add(A, "stderr", "3");

        Assert.Equal(["1", "2", "3"], Texts(10));
        Assert.Equal(["2", "3"], Texts(2));
        Assert.Empty(Texts(0));
    }

    [Fact]
    public void A_talkative_replica_is_bounded_and_takes_nothing_from_the_others()
    {
        _log.Add(B, "stdout", "the one line of b");
        for (int i = 0; i < 1000; i++)
        {
            _log.Add(A, "stdout", new string('x', 936));
        }

        Assert.Equal(1 + 10, Texts(10_000).Count);
        Assert.Equal("the one line of b", Texts(10_000)[0]);
    }

    [Fact]
    public void The_last_replicas_that_ended_are_kept()
    {
        for (int i = 0; i < 5; i++)
        {
            _log.Add(new ReplicaId($"{i}"), "stdout", $"{i}");
            _log.End(new ReplicaId($"{i}"));
        }

        Assert.Equal(["3", "4"], Texts(10));
    }

    [Fact]
    public async Task A_follower_gets_each_later_line_once_and_sees_the_end()
    {
        _log.Add(A, "stdout", "before");
        IReadOnlyList<LogLine> tail = _log.Read(10, follow: true, out Channel<LogLine>? follower);
        _log.Add(A, "stdout", "after");
        _log.Close();

        List<LogLine> followed = await follower!.Reader.ReadAllAsync().ToListAsync();

        Assert.Equal("before", Assert.Single(tail).Text);
        Assert.Equal("after", Assert.Single(followed).Text);
    }

    [Fact]
    public void A_follower_that_does_not_read_holds_nobody_up_and_is_bounded()
    {
        _log.Read(0, follow: true, out Channel<LogLine>? follower);

        for (int i = 0; i < 100_000; i++)
        {
            _log.Add(A, "stdout", $"{i}");
        }

        Assert.Equal(4096, follower!.Reader.Count);
        Assert.True(follower.Reader.TryRead(out LogLine? first));
        Assert.Equal($"{100_000 - 4096}", first.Text);
    }

    private List<string> Texts(int tail) => [.. _log.Read(tail, follow: false, out _).Select(l => l.Text)];
}
