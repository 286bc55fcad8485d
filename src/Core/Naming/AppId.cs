namespace InterCluster.Core.Naming;

/// <summary>An app of a project. Both names have passed <see cref="Names"/>.</summary>
/// <param name="Project">The tenant, <c>p-…</c>.</param>
/// <param name="App">The app's name within the project.</param>
public readonly record struct AppId(string Project, string App)
{
    /// <summary><c>project/app</c>. Neither part can hold a slash, so the form is unambiguous.</summary>
    public override string ToString() => $"{Project}/{App}";
}
