using System.Globalization;

namespace InterCluster.Cli.Terminal;

/// <summary>What a value means, said by colour on a terminal.</summary>
internal enum Tone
{
    Normal,
    Strong,
    Dim,
    Good,
    Busy,
    Warn,
    Bad,
}

/// <summary>A value to show: for people on a terminal, and (when that differs) exactly for a pipe.</summary>
internal readonly record struct Cell(string Text, Tone Tone = Tone.Normal, string? Exact = null)
{
    public static readonly Cell None = new("–", Tone.Dim, "");

    public string ForPipe => Exact ?? Text;

    public static implicit operator Cell(string? text) => text is null ? None : new Cell(text);

    public static implicit operator Cell(int number) => new(number.ToString(CultureInfo.InvariantCulture));

    public static implicit operator Cell(long number) => new(number.ToString(CultureInfo.InvariantCulture));

    /// <summary>A count that is worth seeing only when it is not zero.</summary>
    public static Cell Count(long number, Tone tone = Tone.Normal) => new(number.ToString(CultureInfo.InvariantCulture), number == 0 ? Tone.Dim : tone);

    public static Cell Time(DateTimeOffset? at, DateTimeOffset now) =>
        at is { } time ? new Cell(Durations.Relative(time, now), Tone.Dim, Durations.Exact(time)) : None;

    public static Cell Span(TimeSpan? span) =>
        span is { } time ? new Cell(Durations.Show(time), Tone.Normal, time.TotalSeconds.ToString("0.######", CultureInfo.InvariantCulture)) : None;
}

/// <summary>Rows under headings.</summary>
/// <param name="Columns">The headings; <c>&gt;</c> before one aligns it to the right, <c>?</c> marks one that a narrow terminal can do without.</param>
/// <param name="Rows">The rows.</param>
/// <param name="Empty">What to say to people when there are none.</param>
internal sealed record TableView(IReadOnlyList<string> Columns, IEnumerable<IReadOnlyList<Cell>> Rows, string Empty)
{
    public string? Title { get; init; }

    /// <summary>True for the later pages of a table: no headings.</summary>
    public bool Continues { get; init; }

    public static string Heading(string column) => column.TrimStart('?', '>');

    public static bool IsOptional(string column) => column.StartsWith('?');

    public static bool IsNumber(string column) => column.TrimStart('?').StartsWith('>');
}

/// <summary>Names and values of one thing.</summary>
internal sealed record DetailView(IReadOnlyList<(string Name, Cell Value)> Fields)
{
    public string? Title { get; init; }
}
