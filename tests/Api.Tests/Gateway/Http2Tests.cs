using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using InterCluster.Core.Apps;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace InterCluster.Api.Tests.Gateway;

/// <summary>HTTP/1.1 and HTTP/2 on one port, with TLS and without, on both sides.</summary>
public sealed class Http2Tests
{
    [Fact]
    public async Task One_port_speaks_http2_by_prior_knowledge_and_http1()
    {
        await using TestReplica replica = await TestReplica.StartAsync(context => context.Response.WriteAsync(context.Request.Protocol));
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        gateway.Deploy("app");
        gateway.AddReplica("app", replica.Address);
        using HttpClient client = gateway.Client();

        await AssertAnsweredAsync(client, "2.0", "http", replica: "HTTP/1.1");
        await AssertAnsweredAsync(client, "1.1", "http", replica: "HTTP/1.1");
    }

    [Fact]
    public async Task Replica_that_speaks_http2_gets_http2_and_the_callers_authority()
    {
        await using TestReplica replica = await TestReplica.StartAsync(
            context => context.Response.WriteAsync($"{context.Request.Protocol} {context.Request.Host}"), HttpProtocols.Http2);
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        gateway.Deploy("app");
        gateway.AddReplica("app", replica.Address, protocol: ReplicaProtocol.Http2);
        using HttpClient client = gateway.Client();

        foreach (string version in new[] { "1.1", "2.0" })
        {
            await AssertAnsweredAsync(client, version, "http", $"HTTP/2 {gateway.Address.Authority}");
        }
    }

    [Fact]
    public async Task Prefaces_beginning_that_arrives_in_pieces_is_still_http2()
    {
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        using RawPeer client = await RawPeer.ConnectAsync(gateway.Address);

        foreach (char c in "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        {
            await client.SendAsync(c.ToString());
        }

        await client.SendAsync([0, 0, 0, 4, 0, 0, 0, 0, 0]);
        byte[] frame = await client.ReadExactlyAsync(9);
        // The server's own SETTINGS, on stream 0.
        Assert.Equal(4, frame[3]);
        Assert.Equal([0, 0, 0, 0], frame[5..9]);
    }

    [Theory]
    [InlineData("2.0")]
    [InlineData("1.1")]
    public async Task Tls_listener_offers_http2_and_http1(string version)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("ic-tls-");
        try
        {
            (string certificate, string key) = WriteCertificate(folder.FullName);
            await using TestReplica replica = await TestReplica.StartAsync(
                context => context.Response.WriteAsync(context.Request.Headers["X-Forwarded-Proto"].ToString()));
            await using GatewayHost gateway = await GatewayHost.StartAsync(new()
            {
                ["InterCluster:Gateway:Listen:0"] = "https://127.0.0.1:0",
                ["InterCluster:Gateway:CertificatePath"] = certificate,
                ["InterCluster:Gateway:CertificateKeyPath"] = key,
            }, more: AddWhatTheWebHostBrings);
            gateway.Deploy("app");
            gateway.AddReplica("app", replica.Address);
            using var handler = new SocketsHttpHandler { UseProxy = false };
#pragma warning disable CA5359 // The certificate is the test's own.
            handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
            using var client = new HttpClient(handler) { BaseAddress = gateway.Address };
            client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", "Bearer good");

            await AssertAnsweredAsync(client, version, "https", "https");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // TLS counts its handshakes in an instrument that only the web host registers; the server's executable has one.
    private static void AddWhatTheWebHostBrings(IServiceCollection services)
    {
        foreach (ServiceDescriptor brought in WebApplication.CreateSlimBuilder().Services.Where(s => s.ServiceType.Name == "KestrelMetrics"))
        {
            services.Add(brought);
        }
    }

    private static async Task AssertAnsweredAsync(HttpClient client, string version, string scheme, string replica)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v4/p-one/app/f")
        {
            Version = Version.Parse(version), VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using HttpResponseMessage response = await client.SendAsync(request).Within();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(Version.Parse(version), response.Version);
        Assert.Equal(scheme, client.BaseAddress!.Scheme);
        Assert.Equal(replica, await response.Content.ReadAsStringAsync());
    }

    private static (string Certificate, string Key) WriteCertificate(string folder)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=gateway", key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        string certificatePath = Path.Combine(folder, "tls.crt");
        string keyPath = Path.Combine(folder, "tls.key");
        File.WriteAllText(certificatePath, certificate.ExportCertificatePem());
        File.WriteAllText(keyPath, key.ExportPkcs8PrivateKeyPem());
        return (certificatePath, keyPath);
    }
}
