using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace InterCluster.Cli.Tests;

/// <summary>The command against the server that it starts: a day in the life of an app, with a fake replica behind it.</summary>
public sealed class RealServerTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task App_is_deployed_called_submitted_seen_and_deleted_with_nothing_configured()
    {
        await using CliHarness cli = await CliHarness.StartAsync();
        cli.Environment.Clear();
        cli.Server.On("POST /shout", Shout);
        cli.Write("app/intercluster.toml", $"""
            [intercluster.deployment]
            name = "shout"
            [intercluster.replicas]
            addresses = ["{cli.Server.Url}"]
            """);
        string control = FreeAddress();
        using Process server = StartServer(cli.Directory, control);
        try
        {
            await ReadyAsync(server, control);

            Outcome deploy = await cli.RunAsync("deploy", "app");
            Outcome call = await cli.RunAsync("call", "shout/shout", "--data", "now");
            Outcome submit = await cli.RunAsync("submit", "shout/shout", "--data", "later", "--result", "--timeout", "50s");
            Outcome runs = await cli.RunAsync("runs");
            Outcome issued = await cli.RunAsync("keys", "issue", "me");
            Outcome asKey = await cli.RunAsync("call", "shout/shout", "--data", "mine", "--token", issued.Out.Trim());
            Outcome missing = await cli.RunAsync("call", "nobody/home");
            Outcome stranger = await cli.RunAsync("apps", "-p", "p-other", "--token", issued.Out.Trim());
            Outcome delete = await cli.RunAsync("delete", "shout", "--yes");

            Assert.True(deploy.Exit == 0, deploy.Error);
            Assert.Contains("/v4/p-local/shout\n", deploy.Out, StringComparison.Ordinal);
            Assert.True(call.Exit == 0, call.Error);
            Assert.Equal("NOW", call.Out);
            Assert.True(submit.Exit == 0, submit.Error);
            Assert.Equal("LATER", submit.Out);
            Assert.Contains("\tshout/shout\tsucceeded\t1/", runs.Out, StringComparison.Ordinal);
            Assert.Equal((0, "MINE"), (asKey.Exit, asKey.Out));
            Assert.Equal((5, 4, 0), (missing.Exit, stranger.Exit, delete.Exit));
        }
        finally
        {
            await StopAsync(server);
        }

        Assert.Equal(0, server.ExitCode);
    }

    private static Task Shout(HttpContext context) =>
        context.Response.WriteAsync(((Arrived)context.Items[typeof(Arrived)]!).Body.ToUpperInvariant());

    private static Process StartServer(string directory, string control)
    {
        var start = new ProcessStartInfo(
            "dotnet",
            [typeof(CommandLine.CliApp).Assembly.Location, "serve", "--listen", FreeAddress(), "--control", control])
        {
            WorkingDirectory = directory, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        Process server = Process.Start(start)!;
        server.OutputDataReceived += (_, _) => { };
        server.BeginOutputReadLine();
        return server;
    }

    /// <summary>Asks the server until it says that it takes calls.</summary>
    private static async Task ReadyAsync(Process server, string control)
    {
        using var http = new HttpClient();
        using var limit = new CancellationTokenSource(Limit);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (await pace.WaitForNextTickAsync(limit.Token))
        {
            Assert.False(server.HasExited, server.HasExited ? await server.StandardError.ReadToEndAsync() : "");
            try
            {
                using HttpResponseMessage answer = await http.GetAsync(new Uri(control + "/readyz"), limit.Token);
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
        }
    }

    private static async Task StopAsync(Process server)
    {
        using Process kill = Process.Start("kill", ["-TERM", server.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        try
        {
            await server.WaitForExitAsync().WaitAsync(Limit);
        }
        finally
        {
            server.Kill(entireProcessTree: true);
        }
    }

    private static string FreeAddress()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return $"http://{listener.LocalEndpoint}";
    }
}
