using Spectre.Console;

namespace InterCluster.Cli.Terminal;

/// <summary>For terminals: aligned tables, colours, a spinner. Only <see cref="Styled"/> makes renderables, so no text is ever read as markup.</summary>
/// <param name="console">As wide as the terminal: for what is laid out.</param>
/// <param name="lines">As wide as any line: the terminal breaks it, and joins it again when it is copied.</param>
internal sealed class RichOutput(IAnsiConsole console, IAnsiConsole lines) : IHumanOutput
{
    public void Line(params ReadOnlySpan<Cell> parts)
    {
        var line = new Paragraph();
        for (int i = 0; i < parts.Length; i++)
        {
            line.Append(i == 0 ? "" : " ").Append(SafeText.Line(parts[i].Text), Style(parts[i].Tone));
        }

        lines.Write(line);
        lines.WriteLine();
    }

    /// <summary>As wide as its content. Where that is too wide, columns that can be done without go, the last one first; no value is ever cut.</summary>
    public void Show(TableView view)
    {
        Title(view.Title);
        IReadOnlyList<Cell>[] rows = [.. view.Rows];
        if (rows.Length == 0)
        {
            Line(new Cell(view.Empty, Tone.Dim));
            return;
        }

        int[] shown = TableFit.Columns(view.Columns, rows, console.Profile.Width);
        Table table = new Table().Border(TableBorder.None).Collapse();
        table.ShowHeaders = !view.Continues;
        foreach (int column in shown)
        {
            table.AddColumn(Heading(view.Columns[column]));
        }

        foreach (IReadOnlyList<Cell> row in rows)
        {
            table.AddRow(shown.Select(column => Styled(row[column])));
        }

        lines.Write(table);
    }

    /// <summary>What is not there is left out.</summary>
    public void Show(DetailView details)
    {
        Title(details.Title);
        Grid grid = new Grid().AddColumn(new GridColumn().NoWrap().PadRight(2)).AddColumn();
        foreach ((string name, Cell value) in details.Fields.Where(f => f.Value.Text != Cell.None.Text))
        {
            grid.AddRow(new Text(name, Style(Tone.Dim)), Styled(value));
        }

        console.Write(grid);
    }

    public Task<T> WaitAsync<T>(string title, Func<Action<string>, Task<T>> work) =>
        new Progress(console) { AutoClear = true, ExcludeVerticalPadding = true }
            .Columns(new SpinnerColumn(), new TaskDescriptionColumn(), new ElapsedTimeColumn())
            .StartAsync(async context =>
            {
                ProgressTask task = context.AddTask(Markup.Escape(SafeText.Line(title)));
                task.IsIndeterminate = true;
                return await work(state => task.Description = Markup.Escape(SafeText.Line($"{title}: {state}")));
            });

    private static Text Styled(Cell cell) => new(SafeText.Line(cell.Text), Style(cell.Tone));

    private static TableColumn Heading(string column)
    {
        var heading = new TableColumn(new Text(TableView.Heading(column), Style(Tone.Dim)))
        {
            NoWrap = true, Padding = new Padding(0, 0, TableFit.Gap, 0),
        };
        return TableView.IsNumber(column) ? heading.RightAligned() : heading;
    }

    private static Style Style(Tone tone) => tone switch
    {
        Tone.Strong => new Style(decoration: Decoration.Bold),
        Tone.Dim => new Style(foreground: Color.Grey),
        Tone.Good => new Style(foreground: Color.Green),
        Tone.Busy => new Style(foreground: Color.Aqua),
        Tone.Warn => new Style(foreground: Color.Yellow),
        Tone.Bad => new Style(foreground: Color.Red),
        _ => Spectre.Console.Style.Plain,
    };

    private void Title(string? title)
    {
        if (title is not null)
        {
            console.WriteLine();
            Line(new Cell(title, Tone.Strong));
        }
    }
}
