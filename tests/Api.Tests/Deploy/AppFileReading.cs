using System.Text;
using InterCluster.Api.Deploy;

namespace InterCluster.Api.Tests.Deploy;

/// <summary>Reads texts as an app's file that lies in a folder of its own.</summary>
public abstract class AppFileReading : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ic-app-");

    private protected string Folder => _folder.FullName;

    public void Dispose()
    {
        _folder.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    private protected AppFileResult Read(string text, AppFileFormat format = AppFileFormat.Toml) => AppFileReader.Read(Encoding.UTF8.GetBytes(text), format, Folder);

    private protected static string Minimal(string more = "", string name = "caption", string entrypoint = "[\"run\"]") =>
        $"[intercluster.deployment]\nname = \"{name}\"\n[intercluster.runtime.custom]\nport = 8000\nentrypoint = {entrypoint}\n{more}";
}
