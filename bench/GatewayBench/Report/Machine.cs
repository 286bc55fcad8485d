using System.Diagnostics;
using System.Runtime.InteropServices;

namespace InterCluster.Bench.Gateway.Report;

/// <summary>On what the figures were measured.</summary>
internal static class Machine
{
    public static string Describe()
    {
        var cpu = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim();
        var yarp = typeof(Yarp.ReverseProxy.Forwarder.IHttpForwarder).Assembly.GetName().Version!.ToString(3);
        return $"{DateTime.UtcNow:yyyy-MM-dd}, commit {FirstLine("git", "rev-parse", "--short", "HEAD")}. {Environment.ProcessorCount} × {cpu}, "
            + $"{RuntimeInformation.OSDescription}. {RuntimeInformation.FrameworkDescription}, YARP {yarp}, {Nginx()}, {HAProxy()}.";
    }

    private static string Nginx() => FirstLine("nginx", "-v").Replace("nginx version: ", "").Replace('/', ' ');

    private static string HAProxy() => string.Join(' ', FirstLine("haproxy", "-v").Split(' ').Take(3)).Replace(" version", "");

    private static string FirstLine(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var lines = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        return lines.Split('\n')[0].Trim();
    }
}
