using System.Diagnostics;

namespace InterCluster.Testing.Machines;

/// <summary>Servers that come as packages of the system.</summary>
public static class DebianPackage
{
    private const string NoServices = "/usr/sbin/policy-rc.d";

    /// <summary>Installs a package that a file shows to be missing, without starting its service. Needs root; says so where it is not.</summary>
    public static async Task EnsureAsync(string package, string file)
    {
        // Test projects run side by side: one installs, and a file that is there while it does is not yet the whole package.
        await using FileStream alone = await LockAsync();
        if (File.Exists(file))
        {
            return;
        }

        if (!OperatingSystem.IsLinux() || Environment.UserName != "root")
        {
            throw new InvalidOperationException($"{file} is missing: install the package {package}, or run as root, or give an engine for containers.");
        }

        bool ours = !File.Exists(NoServices);
        if (ours)
        {
            await File.WriteAllTextAsync(NoServices, "#!/bin/sh\nexit 101\n");
            File.SetUnixFileMode(NoServices, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        try
        {
            if (await AptAsync("install", "-y", "--no-install-recommends", package) != 0)
            {
                await AptAsync("update");
                int code = await AptAsync("install", "-y", "--no-install-recommends", package);
                if (code != 0)
                {
                    throw new InvalidOperationException($"The package {package} could not be installed (apt-get said {code}).");
                }
            }
        }
        finally
        {
            if (ours)
            {
                File.Delete(NoServices);
            }
        }
    }

    private static async Task<FileStream> LockAsync()
    {
        string path = Path.Combine(Path.GetTempPath(), $"intercluster-test-packages-{Environment.UserName}");
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await pace.WaitForNextTickAsync();
            }
        }
    }

    private static async Task<int> AptAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("apt-get", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DEBIAN_FRONTEND"] = "noninteractive";
        using Process apt = Process.Start(start)!;
        Task<string> output = apt.StandardOutput.ReadToEndAsync();
        Task<string> errors = apt.StandardError.ReadToEndAsync();
        await apt.WaitForExitAsync();
        await Task.WhenAll(output, errors);
        return apt.ExitCode;
    }
}
