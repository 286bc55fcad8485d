using System.Diagnostics;

namespace InterCluster.Bench.Jobs.Servers;

/// <summary>Servers that refuse to run as root run as the user that their package made.</summary>
internal static class ServerUser
{
    /// <summary>A folder that the user owns.</summary>
    public static string Folder(string parent, string name, string user)
    {
        var folder = Directory.CreateDirectory(Path.Combine(parent, name)).FullName;
        if (Environment.IsPrivilegedProcess)
        {
            Run("chown", "-R", user, folder);
        }

        return folder;
    }

    /// <summary>The command line that runs as the user, keeping the environment.</summary>
    public static (string File, string[] Arguments) As(string user, string file, params string[] arguments) =>
        Environment.IsPrivilegedProcess ? ("setpriv", ["--reuid", user, "--regid", user, "--init-groups", file, .. arguments]) : (file, arguments);

    public static void Run(string file, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{file} ended with {process.ExitCode}: {said}");
        }
    }
}
