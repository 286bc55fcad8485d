namespace InterCluster.Bench.Storage;

internal static class Figures
{
    public static double Median(List<double> values) => Quantile(values, 0.5);

    public static double Quantile(List<double> values, double quantile)
    {
        values.Sort();
        return values[Math.Min(values.Count - 1, (int)(values.Count * quantile))];
    }
}
