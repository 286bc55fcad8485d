using System.Text;

namespace InterCluster.Bench;

/// <summary>A table that reads well as text and as Markdown: the first column to the left, figures to the right.</summary>
public sealed class MarkdownTable(string[] header)
{
    private readonly List<string[]> _rows = [header];

    public void Add(params string[] cells) => _rows.Add(cells);

    public override string ToString()
    {
        var widths = Enumerable.Range(0, header.Length).Select(column => _rows.Max(row => row[column].Length)).ToArray();
        var text = new StringBuilder().AppendLine(Line(header, widths)).AppendLine(Rule(widths));
        foreach (var row in _rows.Skip(1))
        {
            text.AppendLine(Line(row, widths));
        }

        return text.ToString();
    }

    private static string Line(string[] cells, int[] widths) =>
        "| " + string.Join(" | ", cells.Select((cell, column) => column == 0 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]))) + " |";

    private static string Rule(int[] widths) =>
        "| " + string.Join(" | ", widths.Select((width, column) => column == 0 ? new string('-', width) : new string('-', width - 1) + ":")) + " |";
}
