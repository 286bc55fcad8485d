using InterCluster.Bench.Gateway.Cases;

namespace InterCluster.Bench.Gateway.Report;

/// <summary>Everything that was measured.</summary>
internal sealed class BenchResults
{
    private readonly Dictionary<BenchCase, CaseResult> _cases = [];

    public IReadOnlyCollection<CaseResult> Cases => _cases.Values;

    /// <summary>Bytes for each idle WebSocket, by contender.</summary>
    public Dictionary<string, double> IdleBytes { get; } = [];

    /// <summary>What contenders said about themselves at the end.</summary>
    public Dictionary<string, string> Notes { get; } = [];

    public long Errors => Cases.Sum(result => result.Errors);

    public void Add(CaseResult result) => _cases.Add(result.Case, result);

    public double? Ratio(BenchCase @case, string contender, string baseline, Func<Sample, double> figure) =>
        _cases.GetValueOrDefault(@case)?.Ratio(contender, baseline, figure);

    public double? Difference(BenchCase @case, string contender, string baseline, Func<Sample, double> figure) =>
        _cases.GetValueOrDefault(@case)?.Difference(contender, baseline, figure);
}
