namespace InterCluster.Storage.Postgres.Engine;

/// <summary>
/// Whose rows a call may see and change: the database itself holds it to that (row-level security), so a statement that forgets to name the project
/// finds no row of another. Without a value: nobody's.
/// </summary>
internal readonly record struct ProjectScope
{
    /// <summary>What crosses projects by nature: claims, settlements, sweeps, housekeeping, and the servers' own lists.</summary>
    public static readonly ProjectScope Everything = new("*");

    private ProjectScope(string value) => Value = value;

    /// <summary>As the session's setting has it. No project is called <c>*</c>.</summary>
    public string? Value { get; }

    public static ProjectScope Of(string project) => new(project);

    /// <summary>Of one project, or of all where none is named.</summary>
    public static ProjectScope OfOneOrAll(string? project) => project is null ? Everything : Of(project);
}
