using System.Diagnostics.CodeAnalysis;
using System.Text;
using InterCluster.Core.Apps;

namespace InterCluster.Api.Deploy;

/// <summary>
/// Reads an app's file: <c>[intercluster.*]</c>, or an unchanged <c>cerebrium.toml</c>, or one that has both, where ours wins. Everything that is wrong with it is
/// named at once. Blocks on the file system when it looks at the folder: not for an I/O thread.
/// </summary>
internal static class AppFileReader
{
    public const int MaxBytes = 256 * 1024;

    /// <summary>Reads a file.</summary>
    /// <param name="content">The file.</param>
    /// <param name="format">How it is written.</param>
    /// <param name="folder">The folder that the file was in: where the app runs, unless the file names another. Absolute; null when not known.</param>
    public static AppFileResult Read(ReadOnlySpan<byte> content, AppFileFormat format, string? folder)
    {
        if (!TryDecode(content, out string? text, out string? error) || !TryParse(text, format, out Dictionary<string, object?>? root, out error))
        {
            return AppFileResult.Failed(error);
        }

        var report = new AppFileReport();
        AppConfig? config = Map(new AppFileTables(root, report), report, folder);
        return report.Errors.Count > 0 ? new(null, report.Errors, report.NotApplicable) : new(config, [], report.NotApplicable);
    }

    private static AppConfig? Map(AppFileTables tables, AppFileReport report, string? folder)
    {
        DeploymentTable deployment = DeploymentTable.Read(tables.Section("deployment"));
        HardwareConfig hardware = HardwareTable.Read(tables.Section("hardware"));
        IReadOnlyList<string> addresses = ReplicasTable.Read(tables.Section("replicas", AppFileKeys.OursOnly));
        ScalingConfig scaling = ScalingTable.Read(tables.Section("scaling"), hardware, runsHere: addresses.Count == 0);
        RuntimeConfig runtime = RuntimeTable.Read(tables.Section("runtime.custom"), addresses);
        RunPolicies runs = RunsTable.Read(tables.Section("runs", AppFileKeys.OursOnly));
        tables.Section("dependencies").IgnoreAll();
        tables.Finish();
        if (addresses.Count == 0)
        {
            runtime = runtime with { Folder = AppFolder.Resolve(folder, deployment.Folder, report) };
        }

        if (report.Errors.Count == 0)
        {
            // What no file may ask of a machine, however it is written.
            foreach (string error in RuntimeRules.Check(runtime))
            {
                report.Add($"{error}.");
            }
        }

        return report.Errors.Count > 0 ? null : new AppConfig
        {
            Name = deployment.Name,
            DisableAuth = deployment.DisableAuth,
            Runtime = runtime,
            Hardware = hardware,
            Scaling = scaling,
            Runs = runs,
        };
    }

    private static bool TryDecode(ReadOnlySpan<byte> content, [NotNullWhen(true)] out string? text, [NotNullWhen(false)] out string? error)
    {
        text = null;
        error = content.Length > MaxBytes ? $"The file is larger than {MaxBytes} bytes."
            : content.StartsWith("\uFEFF"u8) ? "The file begins with a byte order mark: save it as plain UTF-8."
            : content.Contains((byte)0) ? "The file holds a NUL character."
            : null;
        if (error is not null)
        {
            return false;
        }

        try
        {
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(content);
            return true;
        }
        catch (DecoderFallbackException)
        {
            error = "The file is not UTF-8.";
            return false;
        }
    }

    private static bool TryParse(
        string text, AppFileFormat format, [NotNullWhen(true)] out Dictionary<string, object?>? root, [NotNullWhen(false)] out string? error) =>
        format == AppFileFormat.Toml ? TomlText.TryParse(text, out root, out error) : JsonText.TryParse(text, out root, out error);
}
