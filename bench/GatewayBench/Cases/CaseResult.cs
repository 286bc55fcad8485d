namespace InterCluster.Bench.Gateway.Cases;

/// <summary>The samples of a case: per contender one for each round, in the order of the rounds.</summary>
internal sealed record CaseResult(BenchCase Case, IReadOnlyDictionary<string, List<Sample>> Samples)
{
    public long Errors => Samples.Values.Sum(rounds => rounds.Sum(sample => sample.Errors));

    /// <summary>The median over the rounds.</summary>
    public double Median(string contender, Func<Sample, double> figure) => Median(Samples[contender].Select(figure));

    /// <summary>How much of the baseline's figure: the median of the ratios round by round, since neighbours in time met the same machine.</summary>
    public double? Ratio(string contender, string baseline, Func<Sample, double> figure) =>
        Compare(contender, baseline, (one, other) => figure(one) / figure(other));

    public double? Difference(string contender, string baseline, Func<Sample, double> figure) =>
        Compare(contender, baseline, (one, other) => figure(one) - figure(other));

    private double? Compare(string contender, string baseline, Func<Sample, Sample, double> compare) =>
        Samples.TryGetValue(contender, out var ones) && Samples.TryGetValue(baseline, out var others)
            ? Median(ones.Zip(others, compare))
            : null;

    private static double Median(IEnumerable<double> figures)
    {
        var sorted = figures.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }
}
