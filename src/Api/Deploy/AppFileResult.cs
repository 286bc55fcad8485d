using InterCluster.Core.Apps;

namespace InterCluster.Api.Deploy;

/// <summary>How an app's file is written.</summary>
internal enum AppFileFormat
{
    Toml,
    Json,
}

/// <summary>What an app's file says, or all that is wrong with it.</summary>
/// <param name="Config">The app; null when there are errors.</param>
/// <param name="Errors">Every mistake: key, value and what is allowed.</param>
/// <param name="NotApplicable">Known keys that mean nothing here.</param>
internal sealed record AppFileResult(AppConfig? Config, IReadOnlyList<string> Errors, IReadOnlyList<string> NotApplicable)
{
    public static AppFileResult Failed(string error) => new(null, [error], []);
}
