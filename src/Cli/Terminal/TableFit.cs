namespace InterCluster.Cli.Terminal;

/// <summary>Which columns of a table a terminal has room for.</summary>
internal static class TableFit
{
    /// <summary>Blanks between columns.</summary>
    public const int Gap = 2;

    /// <summary>The indexes of the columns to show: all that are needed, and of the others as many as fit.</summary>
    public static int[] Columns(IReadOnlyList<string> columns, IReadOnlyList<IReadOnlyList<Cell>> rows, int width)
    {
        List<int> shown = [.. Enumerable.Range(0, columns.Count)];
        int[] widths = [.. shown.Select(c => Math.Max(TableView.Heading(columns[c]).Length, rows.Max(r => r[c].Text.Length)) + Gap)];
        while (shown.Sum(c => widths[c]) > width && shown.FindLastIndex(c => TableView.IsOptional(columns[c])) is >= 0 and var drop)
        {
            shown.RemoveAt(drop);
        }

        return [.. shown];
    }
}
