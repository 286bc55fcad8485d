using System.Text;
using CsCheck;
using InterCluster.Api.Forwarding;
using InterCluster.Core.Routing;

namespace InterCluster.Api.Tests.Wire;

/// <summary>RELIABILITY B.7, P: what is authorised, what is routed and what the replica gets are the same path.</summary>
public sealed class PathTests(WireHost wire) : IClassFixture<WireHost>
{
    public static TheoryData<string, int> Refused() => new()
    {
        // P01
        { "/v4/p-one/app/../../x/y/z", 400 }, { "/v4/./p-one/app/f", 400 }, { "/v4/p-one//app/f", 400 }, { "/v4/p-one/app//f", 400 },
        { "/v4/p-one/app/f/..", 400 }, { "/v4/p-one/app/f/./g", 400 }, { "/v4//p-one/app/f", 404 }, { "//v4/p-one/app/f", 404 },
        // P02
        { "/v4/p-one/app/%2e%2e/f", 400 }, { "/v4/p-one/app/%2E./f", 400 }, { "/v4/p-one/app/f/.%2e/g", 400 }, { "/v4/p-one/app/f/%252e%252e/g", 400 },
        { "/v4/p-one/%2e%2e/app/f", 400 }, { "/v4/p-one/app/f/%25252e%25252E", 400 }, { "/v4/p-one/app/f/..%2fg", 400 }, { "/v4/p-one/app/f/..%5cg", 400 },
        // P03
        { "/v4/p-one%2Fapp/f", 400 }, { "/v4/p-one/app%2Ff", 400 }, { "/v4/p-one/app/f%2Fg", 400 }, { "/v4/p-one/app/f%5Cg", 400 }, { "/v4/p-one/app/f%252Fg", 400 },
        { "/v4/p-one/app\\f", 400 }, { "/v4/p-one/app/f\\g", 400 }, { "/v4/p-one/app/f/\\g", 400 }, { "/v4\\p-one\\app\\f", 400 },
        // P04
        { "/v4/p-one/app/f/%c0%ae", 400 }, { "/v4/p-one/app/f/%zz", 400 }, { "/v4/p-one/app/f/%", 400 }, { "/v4/p-one/app/f/%2", 400 }, { "/v4/p-one/app/f/%00", 400 },
        { "/v4/p-one/app/f;a=b", 400 }, { "/v4/p-one/app/f/g;a=b", 400 }, { "/v4/p-one/app;x/f", 400 },
        { "/v4/p-one/app/f/%EF%BC%8Fg", 400 }, { "/v4/p-one/app/f/%E2%80%A4%E2%80%A4/g", 400 }, { "/v4/p-one/app/f/%0d%0aX:1", 400 }, { "/v4/p-one/app/f/%7f", 400 },
        // P05
        { "/V4/p-one/app/f", 404 }, { "/v4/p-one/App/f", 404 }, { "/v4/ACME/app/f", 403 }, { "/v4/P-ONE/app/f", 403 },
        // P06
        { "/v4/p-one/app/f#g", 400 }, { "/v4/p-one/app/f?a#g", 400 }, { "/v4/p-one", 404 }, { "/v4/", 404 }, { "/v4", 404 },
        // P08
        { "/metrics", 404 }, { "/healthz", 404 }, { "/readyz", 404 }, { "/dashboard", 404 }, { "/hangfire", 404 }, { "/openapi/v1.json", 404 }, { "/", 404 },
        { "/v4/../metrics", 400 }, { "/v4/%2e%2e/metrics", 400 }, { "http://gateway/metrics", 404 }, { "http://gateway/v4/../metrics", 400 },
        { "http://gateway?/v4/p-one/app/f", 400 }, { "http://gateway", 404 },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public Task Path_that_two_servers_could_read_differently_is_refused(string target, int status) =>
        wire.RefusesAsync($"GET {target} HTTP/1.1\r\n{{head}}\r\n", status, staysOpen: true);

    [Theory]
    [InlineData("metrics.p-one.gateway", "/metrics", 404)]
    [InlineData("app.p-one.gateway", "/../metrics", 400)]
    [InlineData("app.p-one.gateway", "/%2e%2e/metrics", 400)]
    [InlineData("app.p-two.gateway", "/f", 403)]
    [InlineData("app.p-one.gateway", "/_private", 403)]
    [InlineData("localhost:8081", "/metrics", 404)]
    public Task P08_host_is_no_way_round(string host, string target, int status) =>
        wire.RefusesAsync($"GET {target} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer good\r\n\r\n", status, staysOpen: true);

    [Theory]
    [InlineData("{app}", "/")]
    [InlineData("{app}/", "/")]
    [InlineData("{app}?a=1", "/?a=1")]
    [InlineData("{app}/f", "/f")]
    [InlineData("{app}/f/", "/f/")]
    [InlineData("{app}/f/g%2Fh", "/f/g%2Fh")]
    [InlineData("{app}/f/g%2fh//i", "/f/g%2fh//i")]
    [InlineData("{app}/f/%66%C3%A9", "/f/%66%C3%A9")]
    [InlineData("{app}/f/a..b/...", "/f/a..b/...")]
    [InlineData("{app}/f?x=/../%2e%2e&y=%zz", "/f?x=/../%2e%2e&y=%zz")]
    [InlineData("http://gateway{app}/f?x", "/f?x")]
    public async Task Accepted_path_reaches_the_replica_as_it_was_sent(string target, string sent)
    {
        (ToyRequest got, _) = await wire.PassesAsync($"GET {target} HTTP/1.1\r\n{{head}}\r\n");
        Assert.Equal(sent, got.Target);
    }

    [Fact]
    public async Task P07_wire_shows_the_replica_exactly_the_path_that_was_routed()
    {
        // The server refuses some of these on its own and ends the connection.
        WireClient client = await wire.ConnectAsync();
        int passed = 0;
        foreach (string target in Paths.Targets.Array[400].Single().Append("/v4/p-one/toy/sure"))
        {
            await client.SendAsync(WireHost.Fill($"GET {target} HTTP/1.1\r\n{{head}}\r\n"));
            WireAnswer? answer = await client.ReadAsync();
            if (answer?.Status == 200)
            {
                passed++;
                string path = target["/v4/p-one/toy".Length..];
                Assert.Equal((target, path.StartsWith('/') ? path : "/" + path), (target, answer.Body));
            }
            else
            {
                Assert.True(answer is not null, target);
                await client.DisposeAsync();
                client = await wire.ConnectAsync();
            }
        }

        await client.DisposeAsync();
        Assert.True(passed > 1, "The paths were not those that test anything.");
    }
}

/// <summary>Paths made of what path confusion is made of, and a server that reads them as carelessly as any in the field.</summary>
internal static class Paths
{
    private static readonly Gen<string> Part = Gen.OneOf(
        "/", "/", "/", "//", ".", "..", "%2e", "%2E", "%2f", "%2F", "%5c", "\\", "%252e", "%252f", "%25", "%", "%00", ";", ";a=b", "?", "#", "v4", "p-one", "p-two",
        "toy", "app", "f", "g", "_private", "%66", "%C3%A9", "%c0%ae", "%EF%BC%8E", "A", "~", "-", "+", ":", "@", "&async", "=true");

    /// <summary>Most are under an app.</summary>
    public static readonly Gen<string> Targets = Gen.Select(
        Gen.OneOf("/v4/p-one/toy/", "/v4/p-one/toy/f/", "/v4/p-one/toy", "/v4/p-one/", "/v4/", "/"),
        Part.Array[0, 10],
        (start, parts) => start + string.Concat(parts));

    /// <summary>Decodes thrice, takes backslashes for slashes, cuts matrix parameters, folds dots and empty segments.</summary>
    public static string[] ReadCarelessly(string path)
    {
        for (int pass = 0; pass < 3; pass++)
        {
            path = Uri.UnescapeDataString(path);
        }

        var segments = new List<string>();
        foreach (string raw in path.Normalize(NormalizationForm.FormKC).Split('/', '\\'))
        {
            string segment = raw.Split(';')[0];
            if (segment == "..")
            {
                segments.RemoveRange(Math.Max(0, segments.Count - 1), Math.Min(1, segments.Count));
            }
            else if (segment is not ("" or "."))
            {
                segments.Add(segment);
            }
        }

        return [.. segments];
    }
}

/// <summary>P07 without a network: 100 000 paths a run.</summary>
public sealed class PathProperties
{
    [Fact]
    public void P07_what_is_authorised_is_what_is_routed_and_what_the_replica_reads() => Paths.Targets.Sample(
        target =>
        {
            RequestTarget parsed = RequestTarget.ParsePath(target);
            if (parsed.Kind != TargetKind.App || !PathRules.IsAcceptedQuery(parsed.Query))
            {
                return;
            }

            string path = parsed.Path.IsEmpty ? "/" : parsed.Path.ToString();
            string query = parsed.Query.ToString();
            string function = parsed.Function.ToString();
            Assert.StartsWith($"/v4/{parsed.Project}/{parsed.App}{parsed.Path}{query}", target, StringComparison.Ordinal);
            Uri sent = new TargetUris("http://127.0.0.1:1").Of(path + query);
            Assert.Equal(path + query, sent.PathAndQuery);

            string[] atFront = Paths.ReadCarelessly(target.Split('?')[0]);
            string[] atBack = Paths.ReadCarelessly(sent.PathAndQuery.Split('?')[0]);
            Assert.Equal(["v4", parsed.Project.ToString(), parsed.App.ToString(), .. atBack], atFront);
            Assert.Equal(function, atBack.Length == 0 ? "/" : atBack[0]);
        },
        iter: 100_000);
}
