namespace InterCluster.Cli.Terminal;

/// <summary>For pipes and logs: tab-separated values, no colours, nothing that moves.</summary>
internal sealed class PlainOutput(TextWriter writer, TimeProvider time) : IHumanOutput
{
    public void Line(params ReadOnlySpan<Cell> parts)
    {
        for (int i = 0; i < parts.Length; i++)
        {
            writer.Write(i == 0 ? "" : "\t");
            writer.Write(SafeText.Line(parts[i].ForPipe));
        }

        writer.WriteLine();
    }

    public void Show(TableView table)
    {
        if (!table.Continues)
        {
            writer.WriteLine(string.Join('\t', table.Columns.Select(TableView.Heading)));
        }

        foreach (IReadOnlyList<Cell> row in table.Rows)
        {
            writer.WriteLine(string.Join('\t', row.Select(c => SafeText.Line(c.ForPipe))));
        }
    }

    public void Show(DetailView details)
    {
        foreach ((string name, Cell value) in details.Fields)
        {
            writer.WriteLine($"{name}\t{SafeText.Line(value.ForPipe)}");
        }
    }

    /// <summary>A line per change of state.</summary>
    public Task<T> WaitAsync<T>(string title, Func<Action<string>, Task<T>> work)
    {
        long start = time.GetTimestamp();
        string? last = null;
        return work(state =>
        {
            if (state != last)
            {
                last = state;
                writer.WriteLine(SafeText.Line($"{title}: {state} ({Durations.Show(time.GetElapsedTime(start))})"));
            }
        });
    }
}
