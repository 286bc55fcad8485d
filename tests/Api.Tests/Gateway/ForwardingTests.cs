using System.Net;
using System.Net.Http.Json;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;

namespace InterCluster.Api.Tests.Gateway;

public sealed class ForwardingTests
{
    [Fact]
    public async Task Call_reaches_the_app_at_its_own_path_and_query_with_our_headers_and_without_the_token()
    {
        await using TestReplica replica = await TestReplica.StartAsync(async context =>
        {
            HttpRequest r = context.Request;
            await context.Response.WriteAsJsonAsync(new
            {
                Path = context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget,
                r.Method,
                Host = r.Host.Value,
                Headers = r.Headers.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.ToString()),
                Body = await new StreamReader(r.Body).ReadToEndAsync(),
            });
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        gateway.Deploy("echo");
        gateway.AddReplica("echo", replica.Address);
        using HttpClient client = gateway.Client();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v4/p-one/echo/your/end%20point?a=1&async=false&b=%2F") { Content = new StringContent("hello") };
        request.Headers.TryAddWithoutValidation("X-InterCluster-Project", "p-forged");
        request.Headers.TryAddWithoutValidation("x_intercluster_caller", "forged");
        request.Headers.TryAddWithoutValidation("X-Request-Id", "parent-1");
        request.Headers.TryAddWithoutValidation("X-Forwarded-For", "6.6.6.6");
        request.Headers.TryAddWithoutValidation("X-Custom", "kept");

        using HttpResponseMessage response = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Echo echo = (await response.Content.ReadFromJsonAsync<Echo>())!;
        string id = Assert.Single(response.Headers.GetValues("X-Request-Id"));
        Assert.Equal("/your/end%20point?a=1&b=%2F", echo.Path);
        Assert.Equal("POST", echo.Method);
        Assert.Equal("hello", echo.Body);
        Assert.Equal(gateway.Address.Authority, echo.Host);
        Assert.Equal(id, echo.Headers["x-request-id"]);
        Assert.Equal("p-one", echo.Headers["x-intercluster-project"]);
        Assert.Equal("tester", echo.Headers["x-intercluster-caller"]);
        Assert.Equal("parent-1", echo.Headers["x-intercluster-parent-request-id"]);
        Assert.Equal("127.0.0.1", echo.Headers["x-forwarded-for"]);
        Assert.Equal("/v4/p-one/echo", echo.Headers["x-forwarded-prefix"]);
        Assert.Equal("kept", echo.Headers["x-custom"]);
        Assert.DoesNotContain("authorization", echo.Headers.Keys);
        Assert.DoesNotContain("x_intercluster_caller", echo.Headers.Keys);
    }

    [Theory]
    [InlineData(null, 401, ProblemCodes.Unauthenticated)]
    [InlineData("nonsense", 401, ProblemCodes.Unauthenticated)]
    [InlineData("other", 403, ProblemCodes.Forbidden)]
    [InlineData("reader", 403, ProblemCodes.Forbidden)]
    public async Task Caller_without_rights_gets_the_same_answer_whether_or_not_the_app_exists(string? token, int status, string code)
    {
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        gateway.Deploy("there");
        using HttpClient client = gateway.Client(token);
        foreach (string app in new[] { "there", "missing" })
        {
            using HttpResponseMessage response = await client.GetAsync($"/v4/p-one/{app}/f");
            ProblemView problem = (await response.Content.ReadFromJsonAsync<ProblemView>(WireJson.Options))!;
            Assert.Equal(status, (int)response.StatusCode);
            Assert.Equal(code, problem.Code);
            Assert.Equal(status == 401, response.Headers.WwwAuthenticate.Count > 0);
        }
    }

    [Fact]
    public async Task Refused_connection_tries_another_replica_and_tells_the_fleet()
    {
        await using TestReplica replica = await TestReplica.StartAsync(context => context.Response.WriteAsync("ok"));
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        gateway.Deploy("app", s => s with { ReplicaConcurrency = 1 });
        gateway.AddReplica("app", "http://127.0.0.1:1", concurrency: 1);
        gateway.AddReplica("app", replica.Address, concurrency: 1);
        using HttpClient client = gateway.Client();

        using HttpResponseMessage response = await client.PostAsync("/v4/p-one/app/f", new StringContent("body"));

        Assert.Equal("ok", await response.Content.ReadAsStringAsync());
        Assert.Equal(new Core.Replicas.ReplicaId("app-1"), Assert.Single(gateway.Faults.Reported));
    }

    private sealed record Echo(string Path, string Method, string Host, Dictionary<string, string> Headers, string Body);
}
