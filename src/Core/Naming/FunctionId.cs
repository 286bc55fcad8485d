namespace InterCluster.Core.Naming;

/// <summary>A function of an app: the unit of a queue.</summary>
/// <param name="App">The app.</param>
/// <param name="Function">The first path segment after the app's name, or <see cref="Root"/>.</param>
public readonly record struct FunctionId(AppId App, string Function)
{
    /// <summary>The function of a call to the app's bare root path. No segment can hold a slash, so it cannot collide.</summary>
    public const string Root = "/";

    /// <summary><c>project/app/function</c>.</summary>
    public override string ToString() => $"{App.Project}/{App.App}/{Function}";
}
