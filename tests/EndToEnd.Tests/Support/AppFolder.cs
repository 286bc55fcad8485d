using System.Globalization;

namespace InterCluster.EndToEnd.Tests.Support;

/// <summary>The folder of an app that runs here, and what its replicas leave in it.</summary>
internal sealed class AppFolder
{
    private readonly string _path;
    private readonly string _program;

    public AppFolder(string path, string program)
    {
        (_path, _program) = (Directory.CreateDirectory(path).FullName, program);
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Apps", program), Path.Combine(path, program));
    }

    /// <summary>How many replicas were ever started.</summary>
    public int Starts => File.Exists(In("starts")) ? File.ReadAllLines(In("starts")).Length : 0;

    /// <summary>The pids of the live processes that run in this folder, whoever started them.</summary>
    public HashSet<int> Processes =>
    [
        .. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => name!.All(char.IsAsciiDigit))
            .Select(name => int.Parse(name!, CultureInfo.InvariantCulture)).Where(RunsHere),
    ];

    /// <summary>The part of an app's file that runs it.</summary>
    public string Toml(string scaling, string environment = "") => $"""
        folder = "{_path}"
        [intercluster.runtime.custom]
        entrypoint = ["python3", "-I", "-S", "{_program}"]
        port = 8000
        [intercluster.runtime.custom.environment]
        {environment}
        [intercluster.scaling]
        {scaling}
        """;

    /// <summary>Completes when a call to <c>hold/NAME</c> is in a replica.</summary>
    public Task HeldAsync(string name) => Until.TrueAsync(() => File.Exists(In(name + ".held")), $"a replica holds {name}");

    /// <summary>Lets the calls to <c>hold/NAME</c> go on.</summary>
    public void Free(string name) => File.WriteAllText(In(name + ".free"), "");

    private string In(string name) => Path.Combine(_path, name);

    private bool RunsHere(int pid)
    {
        try
        {
            // A process that has ended and is not yet collected has no folder.
            return File.ResolveLinkTarget($"/proc/{pid}/cwd", returnFinalTarget: false)?.FullName == _path;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
