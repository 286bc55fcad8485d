using System.Net;
using System.Text.Json;
using InterCluster.Api.Keys;
using InterCluster.Core.Replicas;
using InterCluster.Core.Wire;
using Microsoft.Extensions.DependencyInjection;

namespace InterCluster.Api.Tests.Control;

public sealed class LogStreamTests : IAsyncLifetime
{
    private const string Logs = "/api/v1/projects/p-one/apps/caption/logs";
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private ControlHost _host = null!;
    private IssuedKey _key = null!;

    public async ValueTask InitializeAsync()
    {
        _host = await ControlHost.StartAsync();
        _key = await _host.IssueAsync();
        await _host.DeployAsync(_key.Token);
        _host.Fleet.Stored.AddRange([Line("one"), Line("two\r\nnot a line of its own\u2028"), Line("three")]);
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact] // T10
    public async Task Stored_lines_come_one_json_object_per_line()
    {
        HttpResponseMessage response = await _host.SendAsync("GET", Logs + "?tail=2", _key.Token);

        Assert.Equal((HttpStatusCode.OK, "application/x-ndjson"), (response.StatusCode, response.Content.Headers.ContentType!.ToString()));
        string[] lines = (await response.Content.ReadAsStringAsync()).TrimEnd('\n').Split('\n');
        Assert.Equal(
            ["two\r\nnot a line of its own\u2028", "three"], lines.Select(l => JsonSerializer.Deserialize<LogLineView>(l, WireJson.Options)!.Text));
    }

    [Fact]
    public async Task A_follower_gets_a_new_line_at_once_and_leaving_ends_the_reading()
    {
        using HttpResponseMessage response = await _host.SendAsync("GET", Logs + "?tail=1&follow=true", _key.Token);
        using (var reader = new StreamReader(await response.Content.ReadAsStreamAsync()))
        {
            Assert.Equal("three", await NextAsync(reader));
            _host.Fleet.Log(Line("four"));
            Assert.Equal("four", await NextAsync(reader));
        }

        response.Dispose();
        await _host.Fleet.FollowerLeft.Task.WaitAsync(Soon);
    }

    [Fact]
    public async Task An_idle_follower_hears_a_heartbeat()
    {
        using HttpResponseMessage response = await _host.SendAsync("GET", Logs + "?tail=1&follow=true", _key.Token);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal("three", await NextAsync(reader));

        Assert.Equal("", await WhileTimePassesAsync(reader.ReadLineAsync()));
    }

    [Fact] // J11
    public async Task A_follower_whose_key_is_revoked_is_cut_off()
    {
        using HttpResponseMessage response = await _host.SendAsync("GET", Logs + "?tail=1&follow=true", _key.Token);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal("three", await NextAsync(reader));

        await _host.Services.GetRequiredService<ProjectKeys>().RevokeAsync("p-one", _key.Key.Id, default);

        Assert.Equal("", (await WhileTimePassesAsync(reader.ReadToEndAsync())).Trim());
        await _host.Fleet.FollowerLeft.Task.WaitAsync(Soon);
    }

    private static LogLine Line(string text) => new(DateTimeOffset.UnixEpoch, new ReplicaId("r-1"), "stdout", text);

    private static async Task<string> NextAsync(StreamReader reader) =>
        JsonSerializer.Deserialize<LogLineView>((await reader.ReadLineAsync().WaitAsync(Soon))!, WireJson.Options)!.Text;

    private async Task<T> WhileTimePassesAsync<T>(Task<T> task)
    {
        using var limit = new CancellationTokenSource(Soon);
        while (!task.IsCompleted)
        {
            limit.Token.ThrowIfCancellationRequested();
            _host.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        return await task;
    }
}
