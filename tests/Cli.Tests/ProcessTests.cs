using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace InterCluster.Cli.Tests;

/// <summary>What only a process of its own can show: signals and pipes.</summary>
public sealed class ProcessTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Interrupt_ends_a_stream_with_130()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Signals of POSIX.");
        await using FakeServer server = await FakeServer.StartAsync();
        server.On("GET /v4/p-local/words/lines", EndlessAsync);
        using Process cli = Start(server, "call", "words/lines");
        Assert.Equal("line", await cli.StandardOutput.ReadLineAsync());

        using Process kill = Process.Start("kill", ["-INT", cli.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await cli.WaitForExitAsync().WaitAsync(Limit);

        Assert.Equal((130, ""), (cli.ExitCode, await cli.StandardError.ReadToEndAsync()));
    }

    [Fact]
    public async Task Reader_that_goes_away_ends_a_stream()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Pipes of POSIX.");
        await using FakeServer server = await FakeServer.StartAsync();
        server.On("GET /v4/p-local/words/lines", EndlessAsync);
        using Process cli = Start(server, "call", "words/lines");
        Assert.Equal("line", await cli.StandardOutput.ReadLineAsync());

        cli.StandardOutput.Close();
        await cli.WaitForExitAsync().WaitAsync(Limit);

        Assert.Equal((141, ""), (cli.ExitCode, await cli.StandardError.ReadToEndAsync()));
    }

    private static Process Start(FakeServer server, params string[] args)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(CommandLine.CliApp).Assembly.Location, .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment["INTERCLUSTER_URL"] = server.Url;
        start.Environment["INTERCLUSTER_CONTROL_URL"] = server.Url;
        start.Environment["INTERCLUSTER_TOKEN"] = "t";
        return Process.Start(start)!;
    }

    private static async Task EndlessAsync(HttpContext context)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        try
        {
            do
            {
                await context.Response.WriteAsync("line\n", context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
            while (await pace.WaitForNextTickAsync(context.RequestAborted));
        }
        catch (OperationCanceledException)
        {
            // The command has gone, as it should.
        }
    }
}
