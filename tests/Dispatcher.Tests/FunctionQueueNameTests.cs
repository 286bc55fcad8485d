using CsCheck;
using InterCluster.Core.Messages;
using InterCluster.Core.Naming;

namespace InterCluster.Dispatcher.Tests;

/// <summary>RELIABILITY T05: names built from ids never collide.</summary>
public sealed class FunctionQueueNameTests
{
    private const string Label = "abz09-";
    private const string Function = "aAzZ09-._~";

    private static readonly Gen<string> Labels = Gen.String[Gen.Char[Label], 1, 63].Where(s => Names.IsApp(s));
    private static readonly Gen<string> Functions = Gen.Frequency(
        (1, Gen.Const(FunctionId.Root)), (9, Gen.String[Gen.Char[Function], 1, 128].Where(s => Names.IsFunction(s))));

    private static readonly Gen<FunctionId> Ids = Gen.Select(
        Labels.Select(p => "p-" + p[..Math.Min(p.Length, 61)]).Where(p => Names.IsProject(p)), Labels, Functions,
        (project, app, function) => new FunctionId(new AppId(project, app), function));

    [Fact]
    public void Names_of_different_functions_differ_and_are_bounded()
    {
        var seen = new System.Collections.Concurrent.ConcurrentDictionary<string, FunctionId>();
        Ids.Sample(
            id =>
            {
                string name = FunctionQueueName.Of(id);
                Assert.InRange(name.Length, 1, FunctionQueueName.MaxLength);
                Assert.DoesNotContain(name, c => !(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-' or '_'));
                Assert.Equal(id, seen.GetOrAdd(name, id));
            },
            iter: 20_000);
    }

    [Theory]
    [InlineData("work", "fn.p-a.b.work")]
    [InlineData("/", "fn.p-a.b.")]
    [InlineData("Work_1~", "fn.p-a.b._work__1_-")]
    public void The_name_can_be_read(string function, string expected) =>
        Assert.Equal(expected, FunctionQueueName.Of(new FunctionId(new AppId("p-a", "b"), function)));

    [Fact]
    public void Parts_do_not_run_together() =>
        Assert.NotEqual(
            FunctionQueueName.Of(new FunctionId(new AppId("p-a", "b-c"), "d")), FunctionQueueName.Of(new FunctionId(new AppId("p-a-b", "c"), "d")));
}
