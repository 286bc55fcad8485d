using System.Net;
using System.Text.Json;
using InterCluster.Api.Auth;
using InterCluster.Api.Tests.Control;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace InterCluster.Api.Tests.Health;

public sealed class HealthTests : IAsyncLifetime
{
    private ControlHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await ControlHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Readiness_says_why_not_while_liveness_holds()
    {
        Assert.Equal("ready", (await ControlHost.ReadAsync<HealthView>(await _host.SendAsync("GET", "/readyz", null))).Status);

        _host.Services.GetRequiredService<SwitchableReadiness>().NotReady = "draining";
        _host.Services.GetRequiredService<StoreReadiness>().Failed();

        var not = await ControlHost.ReadAsync<HealthView>(await _host.SendAsync("GET", "/readyz", null), HttpStatusCode.ServiceUnavailable);
        Assert.Equal("not_ready", not.Status);
        Assert.Equal(["draining", "the store cannot be read"], not.Reasons!.Order());
        Assert.Equal("live", (await ControlHost.ReadAsync<HealthView>(await _host.SendAsync("GET", "/healthz", null))).Status);
    }

    [Fact] // Q01
    public async Task Metrics_need_the_admin_key_on_loopback_too()
    {
        await ControlHost.ProblemAsync(await _host.SendAsync("GET", "/metrics", null), 401, ProblemCodes.Unauthenticated);
        await ControlHost.ProblemAsync(await _host.SendAsync("GET", "/metrics", await _host.TokenAsync()), 403, ProblemCodes.Forbidden);

        string text = await (await _host.SendAsync("GET", "/metrics", _host.AdminToken)).Content.ReadAsStringAsync();

        Assert.Contains("intercluster_auth_verifications", text, StringComparison.Ordinal);
        Assert.Contains("dotnet_gc_", text, StringComparison.Ordinal);
        Assert.Contains("kestrel_active_connections", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_can_be_opened()
    {
        await using ControlHost host = await ControlHost.StartAsync(("InterCluster:Control:AnonymousMetrics", "true"));

        Assert.Equal(HttpStatusCode.OK, (await host.SendAsync("GET", "/metrics", null)).StatusCode);
    }

    [Fact]
    public async Task The_document_names_every_endpoint_with_a_summary_its_policy_and_its_problems()
    {
        HttpResponseMessage response = await _host.SendAsync("GET", "/openapi/v1.json", null);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using JsonDocument document = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        JsonElement paths = document.RootElement.GetProperty("paths");
        int operations = 0;
        foreach (RouteEndpoint endpoint in _host.Endpoints.Where(e => e.RoutePattern.RawText!.TrimStart('/').StartsWith("api/", StringComparison.Ordinal)))
        {
            string method = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Single();
            JsonElement operation = paths.GetProperty("/" + endpoint.RoutePattern.RawText!.Trim('/')).GetProperty(method.ToLowerInvariant());
            Assert.NotEmpty(operation.GetProperty("summary").GetString()!);
            Assert.Single(operation.GetProperty("security").EnumerateArray());
            foreach (string status in new[] { "400", "401", "403" })
            {
                Assert.True(operation.GetProperty("responses").GetProperty(status).GetProperty("content").TryGetProperty("application/problem+json", out _));
            }

            operations++;
        }

        Assert.InRange(operations, 18, 100);
        Assert.True(document.RootElement.GetProperty("components").GetProperty("schemas").GetProperty("AppView").GetProperty("properties").TryGetProperty("deployed_at", out _));
        Assert.Equal(HttpStatusCode.OK, (await _host.SendAsync("GET", "/docs/", null)).StatusCode);
    }

    [Fact]
    public async Task Settings_out_of_range_stop_the_start_and_are_named()
    {
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => ControlHost.StartAsync(
            ("InterCluster:Identity:KeyRefresh", "00:01:00"), ("InterCluster:Identity:RememberedTokens", "5")));

        Assert.Contains("InterCluster:Identity:KeyRefresh must be between 00:00:01 and 00:00:10.", refused.Message, StringComparison.Ordinal);
        Assert.Contains("InterCluster:Identity:RememberedTokens must be between 100 and 1000000.", refused.Message, StringComparison.Ordinal);
    }
}
