using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using InterCluster.Core.Egress;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Webhooks;
using InterCluster.Dispatcher.Webhooks;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace InterCluster.Dispatcher.Tests.Webhooks;

/// <summary>One attempt over real sockets: RELIABILITY X05 to X13.</summary>
public sealed class WebhookHttpTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly Names _names = new();
    private readonly WebhookSecrets _secrets = new();

    [Fact]
    public async Task The_receiver_gets_the_body_its_type_and_what_it_needs_to_check_it()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        using WebhookHttp http = Http(Loopback);
        ClaimedDelivery delivery = Delivery(receiver.Url + "?a=b%20c", "s3cret");

        SendResult sent = await http.SendAsync(delivery, default);

        Assert.Equal((3, 200, null), (sent.Attempt.Number, sent.Attempt.Status, sent.Attempt.Error));
        Received got = Assert.Single(receiver.Deliveries);
        Assert.Equal(("/hook?a=b%20c", "the answer", "text/x-plain"), (got.Path, Encoding.UTF8.GetString(got.Body), got["Content-Type"]));
        Assert.Equal((delivery.Subject.Run.ToString(), delivery.Id.ToString(), "3"), (got["X-Request-Id"], got["X-InterCluster-Webhook-Id"], got["X-InterCluster-Webhook-Attempt"]));
        Assert.Equal(("dead", "500", "function_error", "4"), (got["X-InterCluster-Run-State"], got["X-InterCluster-Run-Status"], got["X-InterCluster-Run-Error"], got["X-InterCluster-Attempt"]));
        Assert.True(WebhookSignature.Verify(
            "s3cret", got["X-Request-Id"], got["X-InterCluster-Webhook-Timestamp"], got["X-InterCluster-Webhook-Signature"], got.Body, TimeProvider.System.GetUtcNow()));
        Assert.DoesNotContain(got.Headers, h => h.Value.Contains("s3cret", StringComparison.Ordinal) || h.Key is "Authorization" or "Cookie" or "traceparent");
    }

    [Fact]
    public async Task Without_a_secret_there_is_no_signature_and_a_body_over_the_limit_is_said_to_be_left_out()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        using WebhookHttp http = Http(Loopback);

        await http.SendAsync(Delivery(receiver.Url) with { Body = null }, default);

        Received got = Assert.Single(receiver.Deliveries);
        Assert.Empty(got.Body);
        Assert.Equal(("", "omitted"), (got["X-InterCluster-Webhook-Signature"], got["X-InterCluster-Webhook-Body"]));
    }

    [Theory] // X07
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task A_redirect_is_not_followed(int status)
    {
        await using Receiver inner = await Receiver.StartAsync();
        await using Receiver receiver = await Receiver.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = inner.Url;
            return Task.CompletedTask;
        });
        using WebhookHttp http = Http(Loopback);

        SendResult sent = await http.SendAsync(Delivery(receiver.Url), default);

        Assert.Equal((status, DeliveryErrors.Redirect), (sent.Attempt.Status, sent.Attempt.Error));
        Assert.Single(receiver.Deliveries);
        Assert.Empty(inner.Deliveries);
    }

    [Theory] // X01, X02, X03, X05, X06
    [InlineData("127.0.0.1")]
    [InlineData("10.0.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("93.184.216.34", "127.0.0.1")]
    [InlineData("127.0.0.1", "93.184.216.34")]
    [InlineData("2606:4700::1111", "10.0.0.1")]
    public async Task A_name_that_leads_to_any_private_address_is_not_called(params string[] addresses)
    {
        await using Receiver receiver = await Receiver.StartAsync();
        _names.Add("rebind.example", addresses);
        using WebhookHttp http = Http(new EgressPolicy([], [], [receiver.Port]));

        SendResult sent = await http.SendAsync(Delivery($"https://rebind.example:{receiver.Port}/"), default);

        Assert.Equal((null, DeliveryErrors.BlockedAddress), (sent.Attempt.Status, sent.Attempt.Error));
        Assert.Empty(receiver.Deliveries);
    }

    // X12: what is there, what is not and what does not answer look alike, in words and in time: nothing of it is ever tried.
    [Fact]
    public async Task Private_addresses_cannot_be_told_apart_by_words_or_time()
    {
        await using Receiver open = await Receiver.StartAsync();
        int closed = ClosedPort();
        var policy = new EgressPolicy([], [], [open.Port, closed]);
        (string Url, string Address)[] targets =
        [
            ($"https://open.example:{open.Port}/", "127.0.0.1"),
            ($"https://closed.example:{closed}/", "127.0.0.1"),
            // Nobody answers for these, not even to refuse.
            ($"https://filtered.example:{closed}/", "10.255.255.1"),
            ($"https://linklocal.example:{closed}/", "169.254.10.10"),
            ($"https://six.example:{closed}/", "fd00::1"),
        ];
        var sent = new List<DeliveryAttempt>();
        using WebhookHttp http = Http(policy);
        foreach ((string url, string address) in targets)
        {
            _names.Add(new Uri(url).Host, address);
            await http.SendAsync(Delivery(url), default); // What is compiled on the way is no part of the time.
            // The quickest of a few: what else runs on the machine is not what is measured.
            var tries = new List<DeliveryAttempt>();
            for (int i = 0; i < 5; i++)
            {
                tries.Add((await http.SendAsync(Delivery(url), default)).Attempt);
            }

            sent.Add(tries.MinBy(t => t.Took)!);
        }

        Assert.All(sent, a => Assert.Equal((null, DeliveryErrors.BlockedAddress), (a.Status, a.Error)));
        Assert.InRange(sent.Max(a => a.Took) - sent.Min(a => a.Took), TimeSpan.Zero, TimeSpan.FromMilliseconds(50));
        Assert.Empty(open.Deliveries);
    }

    [Fact]
    public async Task Two_secrets_make_two_signatures_and_a_secret_that_cannot_be_opened_sends_nothing()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        _secrets.Load([new byte[WebhookSecrets.KeyBytes]]);
        string stored = _secrets.Seal(["old", "new"])!;
        using WebhookHttp http = Http(Loopback);

        await http.SendAsync(Delivery(receiver.Url, stored), default);
        _secrets.Load([[.. Enumerable.Repeat((byte)7, WebhookSecrets.KeyBytes)]]);
        SendResult unknown = await http.SendAsync(Delivery(receiver.Url, stored), default);

        Received got = Assert.Single(receiver.Deliveries);
        string[] signatures = got["X-InterCluster-Webhook-Signature"].Split(' ');
        Assert.Equal(2, signatures.Length);
        foreach ((string secret, string signature) in new[] { ("old", signatures[0]), ("new", signatures[1]) })
        {
            Assert.True(WebhookSignature.Verify(
                secret, got["X-Request-Id"], got["X-InterCluster-Webhook-Timestamp"], signature, got.Body, TimeProvider.System.GetUtcNow()));
        }

        Assert.Equal((null, DeliveryErrors.SecretUnavailable), (unknown.Attempt.Status, unknown.Attempt.Error));
    }

    private static int ClosedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [Fact] // X06
    public async Task A_name_is_looked_up_once_and_the_checked_address_is_the_one_that_is_called()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        _names.Add("hooks.internal", "127.0.0.1");
        using WebhookHttp http = Http(new EgressPolicy(["hooks.internal"], [], [443]));

        SendResult sent = await http.SendAsync(Delivery($"http://hooks.internal:{receiver.Port}/"), default);

        Assert.Equal(200, sent.Attempt.Status);
        Assert.Equal(1, _names.LookUps);
        Assert.Equal($"hooks.internal:{receiver.Port}", Assert.Single(receiver.Deliveries)["Host"]);
    }

    [Fact]
    public async Task A_URL_that_the_rules_refuse_by_now_is_not_called_over_an_open_connection_either()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        using WebhookHttp http = Http(EgressPolicy.Strict);

        SendResult sent = await http.SendAsync(Delivery(receiver.Url), default);

        Assert.Equal(DeliveryErrors.BlockedAddress, sent.Attempt.Error);
        Assert.Empty(receiver.Deliveries);
    }

    [Fact] // X10
    public async Task A_proxy_of_the_environment_is_not_used()
    {
        await using Receiver proxy = await Receiver.StartAsync();
        await using Receiver receiver = await Receiver.StartAsync();
        IWebProxy before = HttpClient.DefaultProxy;
        try
        {
            HttpClient.DefaultProxy = new WebProxy(new Uri($"http://127.0.0.1:{proxy.Port}"), BypassOnLocal: false);
            using WebhookHttp http = Http(Loopback);

            Assert.Equal(200, (await http.SendAsync(Delivery(receiver.Url), default)).Attempt.Status);
        }
        finally
        {
            HttpClient.DefaultProxy = before;
        }

        Assert.Empty(proxy.Deliveries);
        Assert.Single(receiver.Deliveries);
    }

    [Fact] // X11
    public async Task An_endless_answer_is_read_no_further_than_64_KiB()
    {
        long written = 0;
        await using Receiver receiver = await Receiver.StartAsync(async context =>
        {
            byte[] block = new byte[32 << 10];
            // Completed: nobody takes it any more, and the server would swallow whatever came.
            while (!(await context.Response.BodyWriter.WriteAsync(block, context.RequestAborted)).IsCompleted)
            {
                Interlocked.Add(ref written, block.Length);
            }
        });
        using WebhookHttp http = Http(Loopback);

        SendResult sent = await http.SendAsync(Delivery(receiver.Url), default);

        Assert.Equal((200, null), (sent.Attempt.Status, sent.Attempt.Error));
        Assert.InRange(Interlocked.Read(ref written), 0, 64 << 20); // What the sockets' buffers took; the rest was never asked for.
    }

    [Fact] // X11
    public async Task A_receiver_that_says_nothing_is_given_up_in_time()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Receiver receiver = await Receiver.StartAsync(async context =>
        {
            asked.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        var time = new FakeTimeProvider(Now);
        using WebhookHttp http = Http(Loopback, TimeSpan.FromSeconds(10), time: time);

        Task<SendResult> sending = http.SendAsync(Delivery(receiver.Url), default);
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(20));
        time.Advance(TimeSpan.FromSeconds(9.9));
        bool endedTooSoon = sending.IsCompleted;
        time.Advance(TimeSpan.FromSeconds(0.1));
        SendResult sent = await sending.WaitAsync(TimeSpan.FromSeconds(20));

        Assert.False(endedTooSoon);
        Assert.Equal((null, DeliveryErrors.Timeout, TimeSpan.FromSeconds(10)), (sent.Attempt.Status, sent.Attempt.Error, sent.Attempt.Took));
    }

    [Fact]
    public async Task Nobody_there_a_name_without_address_and_headers_without_end_are_unreachable()
    {
        using var unused = new TcpListener(IPAddress.Loopback, 0);
        unused.Start();
        int port = ((IPEndPoint)unused.LocalEndpoint).Port;
        unused.Stop();
        await using Receiver bomb = await Receiver.StartAsync(context =>
        {
            for (int i = 0; i < 100; i++)
            {
                context.Response.Headers[$"X-{i}"] = new string('x', 1000);
            }

            return Task.CompletedTask;
        });
        using WebhookHttp http = Http(new EgressPolicy(["127.0.0.1", "nowhere.example"], [], [443]));

        foreach (string url in new[] { $"http://127.0.0.1:{port}/", "http://nowhere.example/", bomb.Url })
        {
            Assert.Equal(DeliveryErrors.Unreachable, (await http.SendAsync(Delivery(url), default)).Attempt.Error);
        }
    }

    [Fact] // X13
    public async Task Only_a_certificate_that_is_valid_for_the_name_is_accepted()
    {
        using X509Certificate2 certificate = Certificate("good.example");
        await using Receiver receiver = await Receiver.StartAsync(certificate: certificate);
        _names.Add("good.example", "127.0.0.1").Add("other.example", "127.0.0.1");
        var policy = new EgressPolicy([], [IPNetwork.Parse("127.0.0.0/8")], [receiver.Port]);
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust };
        trust.CustomTrustStore.Add(certificate);
        using WebhookHttp trusting = Http(policy, trust: trust);
        using WebhookHttp other = Http(policy);

        Assert.Equal(200, (await trusting.SendAsync(Delivery($"https://good.example:{receiver.Port}/"), default)).Attempt.Status);
        Assert.Equal(DeliveryErrors.Certificate, (await trusting.SendAsync(Delivery($"https://other.example:{receiver.Port}/"), default)).Attempt.Error);
        Assert.Equal(DeliveryErrors.Certificate, (await other.SendAsync(Delivery($"https://good.example:{receiver.Port}/"), default)).Attempt.Error);
        Assert.Single(receiver.Deliveries);
    }

    private static EgressPolicy Loopback { get; } = new(["127.0.0.1"], [], [443]);

    private WebhookHttp Http(EgressPolicy policy, TimeSpan? timeout = null, X509ChainPolicy? trust = null, TimeProvider? time = null) => new(
        policy, _names, _secrets, time ?? TimeProvider.System, Options.Create(new WebhookOptions { Timeout = timeout ?? TimeSpan.FromSeconds(20) }), trust ?? new X509ChainPolicy());

    private static ClaimedDelivery Delivery(string url, string? secret = null)
    {
        Assert.True(EgressTarget.TryParse(url, out EgressTarget? target, out string? error), error);
        return new ClaimedDelivery
        {
            Id = Guid.CreateVersion7(Now),
            Lease = 1,
            Subject = new DeliverySubject(
                new FunctionId(new AppId("p-one", "app"), "work"), RunId.New(TimeProvider.System), RunState.Dead, 4, 500, RunErrors.FunctionError),
            Target = new WebhookTarget { Url = url, Authority = target.Authority, Secret = secret },
            ContentType = "text/x-plain",
            Body = "the answer"u8.ToArray(),
            Attempts = 2,
        };
    }

    private static X509Certificate2 Certificate(string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(50), DateTimeOffset.UnixEpoch.AddYears(100));
    }

    /// <summary>A resolver that the test fills in.</summary>
    private sealed class Names : IHostResolver
    {
        private readonly Dictionary<string, IPAddress[]> _addresses = [];

        public int LookUps { get; private set; }

        public Names Add(string name, params string[] addresses)
        {
            _addresses[name] = [.. addresses.Select(IPAddress.Parse)];
            return this;
        }

        public Task<IPAddress[]> ResolveAsync(string host, CancellationToken ct)
        {
            LookUps++;
            return _addresses.TryGetValue(host, out IPAddress[]? found)
                ? Task.FromResult(found)
                : Task.FromException<IPAddress[]>(new SocketException((int)SocketError.HostNotFound));
        }
    }
}
