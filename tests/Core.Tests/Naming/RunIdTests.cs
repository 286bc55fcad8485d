using InterCluster.Core.Naming;
using Microsoft.Extensions.Time.Testing;

namespace InterCluster.Core.Tests.Naming;

public sealed class RunIdTests
{
    [Fact]
    public void New_id_is_a_version_7_uuid_of_its_millisecond_and_never_comes_twice()
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeMilliseconds(0x0102_0304_0506));
        var seen = new HashSet<RunId>();
        for (int i = 0; i < 10_000; i++)
        {
            RunId id = RunId.New(time);
            Assert.True(seen.Add(id));
            Assert.Equal(7, id.Value.Version);
            Assert.InRange(id.Value.Variant, 8, 11);
            Assert.StartsWith("01020304-0506-7", id.ToString(), StringComparison.Ordinal);
            Assert.True(RunId.TryParse(id.ToString(), out RunId parsed));
            Assert.Equal(id, parsed);
        }
    }

    [Fact]
    public void Later_id_sorts_after_an_earlier_one()
    {
        var time = new FakeTimeProvider();
        string before = RunId.New(time).ToString();
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(string.CompareOrdinal(before, RunId.New(time).ToString()) < 0);
    }
}
