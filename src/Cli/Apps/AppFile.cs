using InterCluster.Cli.CommandLine;
using Tomlyn;
using Tomlyn.Model;

namespace InterCluster.Cli.Apps;

/// <summary>An app's file on disk. Only its name is read here; the server checks the rest and names every mistake.</summary>
internal sealed record AppFile(string Path, string Folder, string Text)
{
    private static readonly string[] FileNames = ["intercluster.toml", "cerebrium.toml"];

    /// <summary>The file itself, or the one in the folder.</summary>
    public static AppFile Find(string path, string directory)
    {
        string full = System.IO.Path.GetFullPath(path, directory);
        string file = Directory.Exists(full)
            ? FileNames.Select(n => System.IO.Path.Combine(full, n)).FirstOrDefault(File.Exists)
                ?? throw CliException.Usage($"There is no {string.Join(" or ", FileNames)} in {full}.")
            : full;
        try
        {
            return new AppFile(file, System.IO.Path.GetDirectoryName(file)!, File.ReadAllText(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CliException.Usage($"{file} cannot be read: {e.Message}");
        }
    }

    /// <summary>The name in the deployment table, under whatever product's name the tables stand.</summary>
    public string ReadName()
    {
        try
        {
            TomlTable root = TomlSerializer.Deserialize<TomlTable>(Text) ?? [];
            return root.Values.OfType<TomlTable>().Append(root).Select(NameOf).FirstOrDefault(n => n is not null)
                ?? throw CliException.Usage($"{Path} names no app.", "Set `name` in its [intercluster.deployment] table, or pass --name.");
        }
        catch (TomlException e)
        {
            throw CliException.Usage($"{Path} is not TOML: {e.Message}");
        }
    }

    private static string? NameOf(TomlTable table) =>
        table.TryGetValue("deployment", out object? deployment) && deployment is TomlTable inner && inner.TryGetValue("name", out object? name)
            ? name as string
            : null;
}
