using System.Net;
using System.Net.Sockets;
using System.Text;
using InterCluster.Api.Auth;
using InterCluster.Api.Keys;
using InterCluster.Api.Tests.Auth;
using InterCluster.Core.Identity;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace InterCluster.Api.Tests.Control;

/// <summary>Who may do what, over HTTP: RELIABILITY B.7.</summary>
public sealed class AccessTests : IAsyncLifetime
{
    // A new endpoint for everyone has to be written down here.
    private static readonly string[] Open = ["/healthz", "/readyz", "/openapi/{documentName}.json", "/docs"];

    private ControlHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await ControlHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact] // J16
    public void Every_endpoint_has_a_policy_and_those_for_everyone_are_known()
    {
        Assert.NotEmpty(_host.Endpoints);
        foreach (RouteEndpoint endpoint in _host.Endpoints)
        {
            var policy = endpoint.Metadata.GetMetadata<AccessPolicy>();
            Assert.True(policy is not null, $"{endpoint.DisplayName} has no policy.");
            Assert.True(!policy.IsOpen || Open.Any(o => $"/{endpoint.RoutePattern.RawText!.TrimStart('/')}".StartsWith(o, StringComparison.Ordinal)), $"{endpoint.DisplayName} is open.");
        }
    }

    [Fact] // J16
    public void An_endpoint_without_a_policy_cannot_be_mapped()
    {
        WebApplication app = WebApplication.CreateSlimBuilder().Build();
        app.MapGroup("/api").RequirePolicies().MapGet("/forgotten", () => "secret");

        Assert.Throws<InvalidOperationException>(() => ((IEndpointRouteBuilder)app).DataSources.SelectMany(d => d.Endpoints).ToList());
    }

    [Fact] // J16, T01
    public async Task Each_endpoint_lets_in_exactly_who_its_policy_names()
    {
        await _host.DeployAsync(await _host.TokenAsync());
        Scopes[] single = [Scopes.Invoke, Scopes.Read, Scopes.Runs, Scopes.Admin];
        var own = new Dictionary<Scopes, string>();
        foreach (Scopes scope in single)
        {
            own[scope] = await _host.TokenAsync("p-one", scope);
        }

        string other = await _host.TokenAsync("p-two");
        int checks = 0;
        foreach ((RouteEndpoint endpoint, string method, AccessPolicy policy) in Guarded())
        {
            string missing = PathOf(endpoint, "missing");
            string there = PathOf(endpoint, "caption");
            await ControlHost.ProblemAsync(await _host.SendAsync(method, missing, null), 401, ProblemCodes.Unauthenticated);
            await ControlHost.ProblemAsync(await _host.SendAsync(method, missing, other), 403, ProblemCodes.Forbidden);
            // The same answer whether or not the app exists.
            Assert.Equal(await TextOf(method, missing, other), await TextOf(method, there, other));
            Assert.NotEqual(HttpStatusCode.Forbidden, (await _host.SendAsync(method, missing, _host.AdminToken)).StatusCode);
            foreach (Scopes scope in single)
            {
                HttpStatusCode status = (await _host.SendAsync(method, missing, own[scope])).StatusCode;
                bool allowed = !policy.NeedsServerAdmin && (scope & policy.Scopes) == policy.Scopes;
                Assert.True(allowed == (status is not (HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized)), $"{method} {missing} with {scope}: {status}");
                checks++;
            }
        }

        Assert.InRange(checks, 60, int.MaxValue);
    }

    [Fact] // J01 to J10, over HTTP
    public async Task Every_attack_is_answered_with_401_and_reaches_nothing()
    {
        await using ControlHost host = await ControlHost.StartAsync(("InterCluster:Identity:FailuresPerMinute", "10000"));
        using var forge = new IdentityBench();
        forge.Time.SetUtcNow(host.Time.GetUtcNow());
        ForgeKey key = forge.AddForgeKey("p-one", "k-forge");
        ForgeKey other = forge.AddForgeKey("p-two", "k-two");
        var ring = host.Services.GetRequiredService<KeyRing>();
        foreach (ForgeKey each in new[] { key, other })
        {
            Assert.True(forge.Ring.TryGet(each.Project, each.KeyId, out VerificationKey? verification));
            ring.Put(verification.Key);
        }

        Assert.Equal(HttpStatusCode.OK, (await host.SendAsync("GET", "/api/v1/projects/p-one/apps", key.Sign())).StatusCode);
        var let = new List<string>();
        int sent = 0;
        foreach ((string name, string token) in Attacks.All(key, other).Where(a => !a.Token.Any(char.IsControl) && a.Token.Length < 16_000))
        {
            // What is well signed for another project is valid there, and only there.
            HttpResponseMessage response = await host.SendAsync("GET", "/api/v1/projects/p-one/apps", token);
            sent++;
            if (response.StatusCode != HttpStatusCode.Unauthorized)
            {
                let.Add($"{name}: {response.StatusCode}");
            }
        }

        Assert.Empty(let);
        Assert.InRange(sent, 100, 1000);
    }

    [Fact] // J11
    public async Task A_revoked_token_is_answered_with_401_from_the_next_call_on()
    {
        IssuedKey key = await _host.IssueAsync();
        Assert.Equal(HttpStatusCode.OK, (await _host.SendAsync("GET", "/api/v1/projects/p-one/apps", key.Token)).StatusCode);

        HttpResponseMessage revoked = await _host.SendAsync("DELETE", $"/api/v1/projects/p-one/keys/{key.Key.Id}", _host.AdminToken);

        Assert.Equal("revoked", (await ControlHost.ReadAsync<KeyView>(revoked)).State);
        HttpResponseMessage refused = await _host.SendAsync("GET", "/api/v1/projects/p-one/apps", key.Token);
        await ControlHost.ProblemAsync(refused, 401, ProblemCodes.Unauthenticated);
        Assert.StartsWith("Bearer", refused.Headers.WwwAuthenticate.Single().Scheme, StringComparison.Ordinal);
    }

    [Fact] // J13, J14
    public async Task One_token_in_one_header_is_the_only_way_in()
    {
        string token = await _host.TokenAsync();
        Assert.Equal(200, await StatusOf("/api/v1/projects/p-one/apps", $"bearer {token}"));
        Assert.StartsWith("HTTP/1.1 400 ", await RawAsync($"Authorization: Bearer {token}\r\nAuthorization: Bearer {token}"), StringComparison.Ordinal);
        Assert.Equal(401, await StatusOf("/api/v1/projects/p-one/apps", $"Bearer {token}, Bearer {token}"));
        Assert.Equal(400, await StatusOf($"/api/v1/projects/p-one/apps?access_token={token}", $"Bearer {token}"));
        Assert.Equal(401, await StatusOf($"/api/v1/projects/p-one/apps?access_token={token}"));
        Assert.Equal(401, await StatusOf("/api/v1/projects/p-one/apps", $"Basic {token}"));
        Assert.Equal(401, await StatusOf("/api/v1/projects/p-one/apps", token));
        Assert.Equal(401, await StatusOf("/api/v1/projects/p-one/apps", ""));
    }

    [Theory] // J15
    [InlineData("p-two", 403)]
    [InlineData("P-ONE", 400)]
    [InlineData("p-one.", 400)]
    [InlineData("p-one%20", 400)]
    [InlineData("p%2Done", 200)] // an escape of an unreserved character is the character itself (RFC 3986, 6.2.2.2)
    [InlineData("p-%6fne", 200)]
    [InlineData("p-one%2F", 400)]
    [InlineData("p-one%00", 400)]
    [InlineData("p-%EF%BD%8Fne", 400)] // full-width o
    [InlineData("%2e%2e", 403)] // which is /api/v1/apps, for the admin only
    [InlineData("one", 400)]
    public async Task A_token_opens_its_own_project_however_the_path_spells_another(string project, params int[] statuses)
    {
        string token = await _host.TokenAsync();

        Assert.Contains(await StatusOf($"/api/v1/projects/{project}/apps", $"Bearer {token}"), statuses);
    }

    [Fact] // J18
    public async Task After_ten_failures_in_a_minute_an_address_is_told_to_wait()
    {
        string known = await _host.TokenAsync();
        Assert.Equal(200, await StatusOf("/api/v1/projects/p-one/apps", $"Bearer {known}"));
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(401, await StatusOf("/api/v1/apps", $"Bearer ic-admin-{new string((char)('a' + i), 43)}"));
        }

        HttpResponseMessage limited = await _host.SendAsync("GET", "/api/v1/apps", "guess");
        await ControlHost.ProblemAsync(limited, 429, ProblemCodes.RateLimited);
        Assert.InRange(limited.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
        Assert.Equal(200, await StatusOf("/api/v1/projects/p-one/apps", $"Bearer {known}"));
        Assert.Equal(200, await StatusOf("/api/v1/apps", $"Bearer {_host.AdminToken}"));

        _host.Time.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(401, await StatusOf("/api/v1/apps", "Bearer guess"));
    }

    [Fact] // T09
    public async Task No_token_is_ever_logged()
    {
        string token = await _host.TokenAsync();
        string revoked = (await _host.IssueAsync()).Token;
        string wrong = token[..^4] + "AAAA";
        foreach (string each in new[] { token, wrong, revoked, _host.AdminToken, _host.AdminToken[..^1] + "?" })
        {
            await _host.SendAsync("GET", "/api/v1/projects/p-one/apps", each);
            await _host.SendAsync("POST", "/api/v1/projects/p-one/keys", each, ControlHost.Json("""{"name":"ci"}"""));
        }

        Assert.NotEmpty(_host.Logs.Lines);
        string all = string.Join('\n', _host.Logs.Lines);
        foreach (string secret in new[] { token, wrong, revoked, _host.AdminToken })
        {
            Assert.DoesNotContain(secret[^24..], all, StringComparison.Ordinal);
        }
    }

    private IEnumerable<(RouteEndpoint Endpoint, string Method, AccessPolicy Policy)> Guarded() =>
        from endpoint in _host.Endpoints
        let policy = endpoint.Metadata.GetMetadata<AccessPolicy>()
        where policy is { IsOpen: false }
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]
        select (endpoint, method, policy);

    private static string PathOf(RouteEndpoint endpoint, string app) =>
        "/" + endpoint.RoutePattern.RawText!.TrimStart('/').Replace("{project}", "p-one", StringComparison.Ordinal).Replace("{app}", app, StringComparison.Ordinal)
            .Replace("{id}", "k-missing", StringComparison.Ordinal).Replace("{runId}", Guid.Empty.ToString(), StringComparison.Ordinal);

    private async Task<string> TextOf(string method, string path, string token) =>
        await (await _host.SendAsync(method, path, token)).Content.ReadAsStringAsync();

    /// <summary>The status line of a call with these header lines, byte for byte.</summary>
    private async Task<string> RawAsync(string headers)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, _host.Client.BaseAddress!.Port);
        NetworkStream stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET /api/v1/projects/p-one/apps HTTP/1.1\r\nHost: localhost\r\n{headers}\r\nConnection: close\r\n\r\n"));
        return (await new StreamReader(stream).ReadLineAsync())!;
    }

    private async Task<int> StatusOf(string path, params string[] authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_host.Client.BaseAddress + path.TrimStart('/'), new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        foreach (string value in authorization)
        {
            request.Headers.TryAddWithoutValidation("Authorization", value);
        }

        return (int)(await _host.Client.SendAsync(request)).StatusCode;
    }
}
