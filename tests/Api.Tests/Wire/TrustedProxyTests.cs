using System.Collections.Concurrent;
using InterCluster.Api.Gateway;
using InterCluster.Api.Tests.Gateway;
using Microsoft.Extensions.Options;

namespace InterCluster.Api.Tests.Wire;

/// <summary>RELIABILITY H02: what a listed proxy says is believed, and no hop further than the list goes.</summary>
public sealed class TrustedProxyTests
{
    [Theory]
    [InlineData("127.0.0.1", "6.6.6.6", "6.6.6.6", "https")]
    [InlineData("127.0.0.0/8", "6.6.6.6:4711", "6.6.6.6", "https")]
    [InlineData("127.0.0.1 10.0.0.0/8", "1.1.1.1, 2.2.2.2, 3.3.3.3, 4.4.4.4, 10.0.0.7", "4.4.4.4", "https")]
    [InlineData("127.0.0.1", "1.1.1.1, 2.2.2.2, 3.3.3.3, 4.4.4.4, 10.0.0.7", "10.0.0.7", "https")]
    [InlineData("127.0.0.1 10.0.0.0/8", "nobody, 10.0.0.7", "10.0.0.7", "https")]
    [InlineData("127.0.0.1", "2001:db8::1", "2001:db8::1", "https")]
    [InlineData("127.0.0.1", null, "127.0.0.1", "https")]
    [InlineData("10.0.0.0/8", "6.6.6.6", "127.0.0.1", "http")]
    [InlineData("", "6.6.6.6", "127.0.0.1", "http")]
    public async Task H02_only_listed_hops_are_believed(string listed, string? hops, string client, string scheme)
    {
        var seen = new ConcurrentQueue<(string For, string Proto)>();
        await using TestReplica replica = await TestReplica.StartAsync(context =>
        {
            seen.Enqueue((context.Request.Headers["X-Forwarded-For"].ToString(), context.Request.Headers["X-Forwarded-Proto"].ToString()));
            return Task.CompletedTask;
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(listed.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select((entry, i) => ($"InterCluster:Gateway:TrustedProxies:{i}", entry)).ToDictionary(s => s.Item1, s => (string?)s.entry));
        gateway.Deploy("app");
        gateway.AddReplica("app", replica.Address);
        using HttpClient caller = gateway.Client();

        await caller.SendAsync(Request(hops));
        // The same connection, and nobody in front: what the request before said of itself is forgotten.
        await caller.GetAsync("/v4/p-one/app/f");

        Assert.Equal([(client, scheme), ("127.0.0.1", "http")], seen);
    }

    [Theory]
    [InlineData("proxy.example")]
    [InlineData("10.0.0.0/33")]
    [InlineData("")]
    public async Task What_is_no_address_and_no_network_is_refused_at_the_start(string entry)
    {
        OptionsValidationException wrong = await Assert.ThrowsAsync<OptionsValidationException>(
            () => GatewayHost.StartAsync(new() { ["InterCluster:Gateway:TrustedProxies:0"] = entry }));

        Assert.Contains($"{GatewayOptions.Section}:TrustedProxies has \"{entry}\"", wrong.Message, StringComparison.Ordinal);
    }

    private static HttpRequestMessage Request(string? hops)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/v4/p-one/app/f") { Headers = { { "X-Forwarded-Proto", "http, https" } } };
        if (hops is not null)
        {
            request.Headers.Add("X-Forwarded-For", hops);
        }

        return request;
    }
}
