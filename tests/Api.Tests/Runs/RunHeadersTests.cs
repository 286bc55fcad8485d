using InterCluster.Api.Runs;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace InterCluster.Api.Tests.Runs;

public sealed class RunHeadersTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddYears(56);

    [Fact]
    public void Without_headers_the_defaults_hold()
    {
        Assert.True(Read(new HeaderDictionary(), out RunHeaders controls, out _));
        Assert.Equal(new RunHeaders(RunPriority.Normal, null, null, null, null), controls);
    }

    [Theory]
    [InlineData("X-InterCluster-Priority", "urgent")]
    [InlineData("X-InterCluster-Priority", "High")]
    [InlineData("X-InterCluster-Priority", "")]
    [InlineData("X-InterCluster-Delay", "30")]
    [InlineData("X-InterCluster-Delay", "-1s")]
    [InlineData("X-InterCluster-Delay", "1.5s")]
    [InlineData("X-InterCluster-Delay", "1e9s")]
    [InlineData("X-InterCluster-Delay", "31d")]
    [InlineData("X-InterCluster-Delay", "999999999d")]
    [InlineData("X-InterCluster-Run-At", "tomorrow")]
    [InlineData("X-InterCluster-Run-At", "2026-01-01T00:00:00")]
    [InlineData("X-InterCluster-Run-At", "2999-01-01T00:00:00Z")]
    [InlineData("X-InterCluster-Max-Attempts", "0")]
    [InlineData("X-InterCluster-Max-Attempts", "101")]
    [InlineData("X-InterCluster-Max-Attempts", "-1")]
    [InlineData("X-InterCluster-Max-Attempts", "1e1")]
    [InlineData("Idempotency-Key", "")]
    [InlineData("Idempotency-Key", "a b")]
    [InlineData("Idempotency-Key", "schlüssel")]
    [InlineData("Idempotency-Key", "a\u007f")]
    public void A_malformed_control_is_an_error_that_names_it(string name, string value)
    {
        Assert.False(Read(new HeaderDictionary { [name] = value }, out _, out string error));
        Assert.Contains(name, error);
    }

    [Fact]
    public void Two_keys_or_one_too_long_are_errors()
    {
        Assert.False(Read(new HeaderDictionary { ["Idempotency-Key"] = new StringValues(["a", "b"]) }, out _, out _));
        Assert.False(Read(new HeaderDictionary { ["Idempotency-Key"] = new string('a', 256) }, out _, out _));
        Assert.True(Read(new HeaderDictionary { ["Idempotency-Key"] = new string('a', 255) }, out _, out _));
    }

    [Theory]
    [InlineData("30s", 30)]
    [InlineData("5m", 300)]
    [InlineData("2h", 7200)]
    [InlineData("1d", 86400)]
    public void A_delay_sets_the_time(string delay, int seconds)
    {
        Assert.True(Read(new HeaderDictionary { ["X-InterCluster-Delay"] = delay }, out RunHeaders controls, out _));
        Assert.Equal(Now.AddSeconds(seconds), controls.RunAt);
    }

    [Fact]
    public void A_time_that_has_passed_means_at_once_and_delay_excludes_it()
    {
        var past = new HeaderDictionary { ["X-InterCluster-Run-At"] = "2020-01-01T00:00:00+02:00" };
        Assert.True(Read(past, out RunHeaders controls, out _));
        Assert.Null(controls.RunAt);
        past["X-InterCluster-Delay"] = "1s";
        Assert.False(Read(past, out _, out _));
    }

    [Fact]
    public void A_cursor_reads_back_in_its_own_project_only()
    {
        var run = RunId.New(TimeProvider.System);
        string cursor = RunCursor.Write("p-one", run);
        Assert.Equal(CursorCheck.Valid, RunCursor.Read(cursor, "p-one", out RunId back));
        Assert.Equal(run, back);
        Assert.Equal(CursorCheck.Foreign, RunCursor.Read(cursor, "p-two", out _));
        for (int i = 0; i < cursor.Length; i++)
        {
            string forged = cursor[..i] + (cursor[i] == 'A' ? 'B' : 'A') + cursor[(i + 1)..];
            Assert.Equal(CursorCheck.Malformed, RunCursor.Read(forged, "p-one", out _));
        }
    }

    private static bool Read(IHeaderDictionary headers, out RunHeaders controls, out string error) =>
        RunHeaders.TryRead(headers, Now, TimeSpan.FromDays(30), out controls, out error);
}
