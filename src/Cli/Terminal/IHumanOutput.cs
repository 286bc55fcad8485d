namespace InterCluster.Cli.Terminal;

/// <summary>Text for people on one stream: as a terminal shows it, or as a pipe wants it.</summary>
internal interface IHumanOutput
{
    /// <summary>A line, never broken: a token or an address can be copied from it.</summary>
    void Line(params ReadOnlySpan<Cell> parts);

    void Show(TableView table);

    void Show(DetailView details);

    /// <summary>Shows that something is waited for, with each state that it reports and the time that has passed.</summary>
    Task<T> WaitAsync<T>(string title, Func<Action<string>, Task<T>> work);
}
