using System.Numerics;

namespace InterCluster.Bench.Gateway.Accounting;

/// <summary>A process with all its descendants, such as nginx's master with its workers.</summary>
internal static class ProcessTree
{
    public static T Sum<T>(int root, Func<int, T> figure)
        where T : IAdditionOperators<T, T, T>
    {
        var sum = figure(root);
        foreach (var child in ChildrenOf(root))
        {
            sum += Sum(child, figure);
        }

        return sum;
    }

    public static TimeSpan Sum(int root, Func<int, TimeSpan> figure) => TimeSpan.FromTicks(Sum(root, pid => figure(pid).Ticks));

    // A child is listed under the thread that forked it, which in .NET may be any.
    private static IEnumerable<int> ChildrenOf(int pid) =>
        Directory.EnumerateDirectories($"/proc/{pid}/task")
            .SelectMany(task => ProcFile.ReadOrEmpty($"{task}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(int.Parse);
}
