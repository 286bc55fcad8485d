using System.Text.Json;
using InterCluster.Cli.CommandLine;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Connection;

/// <summary>
/// <c>cli.json</c> in the data folder: written by <c>serve</c> (its addresses) and by <c>keys issue --save</c> (project and token),
/// readable by its owner only.
/// </summary>
internal sealed record ContextFile
{
    private const string Name = "cli.json";

    public string? ControlUrl { get; init; }

    public string? GatewayUrl { get; init; }

    public string? Project { get; init; }

    public string? Token { get; init; }

    /// <summary>The file's content; empty when there is none.</summary>
    public static ContextFile Read(string folder)
    {
        string path = Path.Combine(folder, Name);
        try
        {
            return JsonSerializer.Deserialize<ContextFile>(File.ReadAllBytes(path), WireJson.Options) ?? new ContextFile();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            return new ContextFile();
        }
        catch (JsonException e)
        {
            throw new CliException(ExitCodes.Usage, $"{path} is not readable: {e.Message}", e) { Advice = "Delete it; `serve` writes a new one." };
        }
    }

    /// <summary>Replaces the file in one step: a reader sees the old one or the new one.</summary>
    public string Write(string folder)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, Name);
        string part = $"{path}.{Environment.ProcessId}";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var file = new FileStream(part, options))
        {
            JsonSerializer.Serialize(file, this, WireJson.Options);
        }

        File.Move(part, path, overwrite: true);
        return path;
    }
}
