namespace InterCluster.Api.Tests.Wire;

/// <summary>RELIABILITY B.7, H: what a client may not say, and what a function may not.</summary>
public sealed class HeaderTests(WireHost wire) : IClassFixture<WireHost>
{
    private const string Get = "GET {app}/f HTTP/1.1\r\n{head}";

    [Theory]
    [InlineData("X-Forwarded-For", "127.0.0.1")]
    [InlineData("X-Forwarded-Proto", "http")]
    [InlineData("X-Forwarded-Host", "gateway")]
    [InlineData("X-Forwarded-Prefix", "/v4/p-one/toy")]
    [InlineData("X-Forwarded-Port", null)]
    [InlineData("X-Forwarded-Server", null)]
    [InlineData("Forwarded", null)]
    [InlineData("X-Real-IP", null)]
    [InlineData("X-Original-URL", null)]
    [InlineData("X-Rewrite-URL", null)]
    [InlineData("X-Content-Length", null)]
    [InlineData("X-Webhook-Secret", null)]
    [InlineData("X-InterCluster-Project", "p-one")]
    [InlineData("X-InterCluster-Caller", "tester")]
    [InlineData("X-InterCluster-Anything", null)]
    [InlineData("X-IC-Project", null)]
    public async Task H01_H02_H07_only_the_gateway_says_this(string name, string? ours)
    {
        foreach (string spelling in new[] { name, name.ToUpperInvariant(), name.Replace('-', '_') })
        {
            (ToyRequest got, _) = await wire.PassesAsync($"{Get}{spelling}: forged, 6.6.6.6\r\n{spelling}: forged\r\n\r\n");
            Assert.Equal(ours, got.Header(name));
            Assert.DoesNotContain("forged", got.Head, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("Connection: close, Authorization, X-InterCluster-Project, X-InterCluster-Caller, X-Forwarded-For, X-Request-Id\r\n")]
    [InlineData("Connection: X-Mine\r\nConnection: x-intercluster-project,Host, x-forwarded-for\r\n")]
    [InlineData("Connection: keep-alive, Content-Length, X-Mine, TE, Upgrade\r\nKeep-Alive: timeout=5\r\nTE: trailers\r\n")]
    public async Task H04_connection_header_cannot_take_away_what_the_gateway_adds(string connection)
    {
        (ToyRequest got, _) = await wire.PassesAsync($"{Get}{connection}{(connection.Contains("X-Mine", StringComparison.Ordinal) ? "X-Mine: hop\r\n" : "")}\r\n");
        Assert.Equal("p-one", got.Header("X-InterCluster-Project"));
        Assert.Equal("tester", got.Header("X-InterCluster-Caller"));
        Assert.Equal("127.0.0.1", got.Header("X-Forwarded-For"));
        Assert.Equal("gateway", got.Header("Host"));
        Assert.NotNull(got.Header("X-Request-Id"));
        foreach (string ended in new[] { "X-Mine", "Keep-Alive", "TE", "Authorization" })
        {
            Assert.Null(got.Header(ended));
        }
    }

    [Theory]
    [InlineData("parent-1_A.b", true)]
    [InlineData("../../etc", false)]
    [InlineData("a b", false)]
    [InlineData("a\tb", false)]
    [InlineData("", false)]
    [InlineData("65", false, 65)]
    [InlineData("10240", false, 10_240)]
    public async Task H05_request_id_is_ours_and_a_harmless_one_of_the_caller_is_its_parent(string id, bool kept, int length = 0)
    {
        string sent = length == 0 ? id : new string('i', length);
        (ToyRequest got, WireAnswer answer) = await wire.PassesAsync($"{Get}X-Request-Id: {sent}\r\n\r\n");
        string ours = Assert.Single(answer.All("X-Request-Id"));
        Assert.Equal(ours, got.Header("X-Request-Id"));
        Assert.True(Guid.TryParse(ours, out Guid guid) && guid.Version == 7);
        Assert.Equal(kept ? sent : null, got.Header("X-InterCluster-Parent-Request-Id"));
    }

    [Fact]
    public Task H05_request_id_with_a_newline_is_no_header() =>
        wire.RefusesAsync(Get + "X-Request-Id: a\r\nb\r\n\r\n", 400);

    [Theory]
    [InlineData("traceparent: nonsense\r\n")]
    [InlineData("traceparent: 00-00000000000000000000000000000000-0000000000000000-00\r\nbaggage: ===,,,;\r\n")]
    public async Task H06_malformed_trace_context_does_not_stop_a_call(string headers)
    {
        (ToyRequest got, _) = await wire.PassesAsync($"{Get}{headers}\r\n");
        Assert.Equal("/f", got.Target);
    }

    [Fact]
    public Task H06_baggage_over_the_header_limit_is_431() =>
        wire.RefusesAsync($"{Get}baggage: {new string('b', 64 * 1024)}\r\n\r\n", 431);

    [Fact]
    public async Task H08_trailers_of_a_request_end_at_the_gateway()
    {
        (ToyRequest got, _) = await wire.PassesAsync(
            "POST {app}/f HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\nTrailer: Authorization\r\n\r\n5\r\nhello\r\n0\r\n"
            + "Authorization: evil\r\nContent-Length: 3\r\nHost: evil\r\nX-InterCluster-Project: evil\r\n\r\n");
        Assert.Equal("hello", got.Body);
        Assert.Equal("p-one", got.Header("X-InterCluster-Project"));
        Assert.DoesNotContain("evil", got.Head, StringComparison.Ordinal);
        Assert.Null(got.Header("Content-Length"));
    }

    [Fact]
    public async Task H09_trailers_of_an_answer_pass_without_our_names()
    {
        wire.Toy.Script = request => request.Target == "/f"
            ? new ToyAnswer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\nX-InterCluster-Project: forged\r\nX-IC-A: forged\r\n\r\n")
            : ToyServer.Echo(request);
        using HttpClient client = wire.Gateway.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v4/p-one/toy/f") { Version = System.Net.HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using HttpResponseMessage response = await client.SendAsync(request);
        Assert.Equal("ok", await response.Content.ReadAsStringAsync());
        Assert.Equal("7", Assert.Single(response.TrailingHeaders.GetValues("X-Sum")));
        Assert.DoesNotContain(response.TrailingHeaders, header => header.Value.Contains("forged"));
    }

    [Fact]
    public async Task H09_function_speaks_for_itself_but_not_for_the_gateway()
    {
        const string Kept = "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nServer: toy\r\nStrict-Transport-Security: max-age=1\r\nAccess-Control-Allow-Origin: *\r\n";
        const string Dropped = "X-IC-Project: forged\r\nx-intercluster-run-state: forged\r\nX-Request-Id: forged\r\nKeep-Alive: forged\r\nProxy-Authenticate: forged\r\n";
        wire.Toy.Script = request => request.Target == "/f"
            ? new ToyAnswer($"HTTP/1.1 200 OK\r\n{Kept}{Dropped}Connection: X-Hop\r\nX-Hop: forged\r\nContent-Length: 2\r\n\r\nok")
            : ToyServer.Echo(request);
        (_, WireAnswer answer) = await wire.PassesAsync(Get + "\r\n");
        Assert.Equal(["a=1", "b=2"], answer.All("Set-Cookie"));
        Assert.Equal("toy", answer.Header("Server"));
        Assert.Equal("max-age=1", answer.Header("Strict-Transport-Security"));
        Assert.Equal("*", answer.Header("Access-Control-Allow-Origin"));
        Assert.Single(answer.All("X-Request-Id"));
        Assert.DoesNotContain(answer.Headers, h => h.Value.Contains("forged", StringComparison.Ordinal));
    }
}

/// <summary>Alone: what it sets holds for the whole process.</summary>
[Collection(nameof(ForwardedHeadersVariable))]
public sealed class ForwardedHeadersVariableTests
{
    [Fact]
    public async Task H03_variable_that_trusts_every_proxy_changes_nothing()
    {
        const string Name = "ASPNETCORE_FORWARDEDHEADERS_ENABLED";
        string? before = Environment.GetEnvironmentVariable(Name);
        Environment.SetEnvironmentVariable(Name, "true");
        try
        {
            await using var wire = new WireHost();
            await wire.InitializeAsync();
            (ToyRequest got, _) = await wire.PassesAsync("GET {app}/f HTTP/1.1\r\n{head}X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\n\r\n");
            Assert.Equal(("127.0.0.1", "http", "gateway"), (got.Header("X-Forwarded-For"), got.Header("X-Forwarded-Proto"), got.Header("X-Forwarded-Host")));
        }
        finally
        {
            Environment.SetEnvironmentVariable(Name, before);
        }
    }
}

[CollectionDefinition(nameof(ForwardedHeadersVariable), DisableParallelization = true)]
public sealed class ForwardedHeadersVariable;
