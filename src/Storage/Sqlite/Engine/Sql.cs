namespace InterCluster.Storage.Sqlite.Engine;

/// <summary>
/// A statement's text. Made once, in a static field: the object itself is the key of the prepared statement on each connection.
/// </summary>
internal sealed class Sql(string text)
{
    public string Text { get; } = text;
}
