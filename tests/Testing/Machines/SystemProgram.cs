using System.Diagnostics;

namespace InterCluster.Testing.Machines;

/// <summary>Programs of the system. Those of a server run as the account that its package made where the tests are root, whom they refuse.</summary>
internal static class SystemProgram
{
    private static bool IsRoot => Environment.UserName == "root";

    /// <summary>What stands before the program and its arguments.</summary>
    public static string[] As(string account, params string[] options) =>
        IsRoot ? ["setpriv", .. options, $"--reuid={account}", $"--regid={account}", "--clear-groups"]
        : options.Length > 0 ? ["setpriv", .. options]
        : [];

    public static async Task GiveAsync(DirectoryInfo folder, string account)
    {
        if (IsRoot)
        {
            await RunAsync("chown", "-R", $"{account}:", folder.FullName);
        }
    }

    public static Task RunAsync(params string[] command) => RunAsync(
        new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" });

    /// <summary>To its end; an end that is no success is an exception with what the program said.</summary>
    public static async Task RunAsync(ProcessStartInfo command)
    {
        using Process process = Process.Start(command)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = await process.StandardError.ReadToEndAsync();
        await output;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{command.FileName} {string.Join(' ', command.ArgumentList)} ended with {process.ExitCode}: {errors}");
        }
    }

    /// <summary>kill -9 of a process and all that it started, for a field that holds it; gone when this returns.</summary>
    public static async Task KillAsync(Process? process)
    {
        if (process is { HasExited: false })
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }

        process?.Dispose();
    }
}
