using System.Buffers.Text;
using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using System.Text;
using InterCluster.Api.Auth;
using InterCluster.Api.Keys;
using InterCluster.Core.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace InterCluster.Api.Tests.Auth;

/// <summary>The whole of identity by hand, with a clock that stands still, and a forge for tokens that we would never make.</summary>
internal sealed class IdentityBench : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public IdentityBench(int capacity = 1000)
    {
        Time = new FakeTimeProvider(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));
        Store = new InMemoryKeyStore(Time);
        Remembered = new RememberedTokens(capacity, Time);
        AdminText = AdminKey.Generate();
        Server.Set(new AdminKey(AdminText), ServerKey.Load(ServerKey.Create()));
        var metrics = new AuthMetrics(_services.GetRequiredService<IMeterFactory>(), Remembered);
        Authenticator = new TokenAuthenticator(Ring, Server, Remembered, metrics, Time, NullLogger<TokenAuthenticator>.Instance);
        Keys = new ProjectKeys(Store, Ring, Time);
        Apps = new AppTokenIssuer(Server, Time);
    }

    public FakeTimeProvider Time { get; }

    public InMemoryKeyStore Store { get; }

    public KeyRing Ring { get; } = new();

    public ServerIdentity Server { get; } = new();

    public RememberedTokens Remembered { get; }

    public TokenAuthenticator Authenticator { get; }

    public ProjectKeys Keys { get; }

    public AppTokenIssuer Apps { get; }

    public string AdminText { get; }

    public StoreReadiness Readiness { get; } = new();

    public KeyRefresher Refresher(string adminKeyFile, string? adminKey = null) => new(
        Store, Ring, Server, Readiness, Options.Create(new IdentityOptions { AdminKeyFile = adminKeyFile, AdminKey = adminKey }), Time, NullLogger<KeyRefresher>.Instance);

    public async Task<IssuedKey> IssueAsync(string project = "p-one", Scopes scopes = ScopeNames.Default, int days = 90) =>
        (await Keys.IssueAsync(project, "tests", scopes, days, default))!;

    public async Task<Caller?> VerifyAsync(string token) => await Authenticator.VerifyAsync("Bearer " + token, default);

    /// <summary>A key pair of ours that is registered, so that what is forged with it is wrong in one thing only.</summary>
    public ForgeKey AddForgeKey(string project = "p-one", string keyId = "k-forge", int days = 500)
    {
        var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Ring.Put(new ProjectKey
        {
            Id = keyId,
            Project = project,
            Name = "forge",
            Scopes = Scopes.Admin,
            PublicKey = pair.ExportSubjectPublicKeyInfo(),
            IssuedAt = Time.GetUtcNow(),
            ExpiresAt = Time.GetUtcNow().AddDays(days),
        });
        return new ForgeKey(pair, project, keyId, Time.GetUtcNow().ToUnixTimeSeconds());
    }

    public void Dispose() => _services.Dispose();
}

/// <summary>Makes tokens of any header and any claims.</summary>
internal sealed record ForgeKey(ECDsa Pair, string Project, string KeyId, long Now)
{
    public string GoodHeader => $$"""{"alg":"ES256","typ":"at+jwt","kid":"{{KeyId}}"}""";

    public string GoodClaims => Claims();

    public string Claims(
        string iss = "\"intercluster\"", string aud = "\"intercluster\"", string? sub = null, string? project = null, string scope = "\"invoke read\"",
        string? iat = null, string? exp = null, string more = "") =>
        $$"""{"iss":{{iss}},"aud":{{aud}},"sub":{{sub ?? $"\"key:{KeyId}\""}},"project":{{project ?? $"\"{Project}\""}},"scope":{{scope}},"iat":{{iat ?? $"{Now}"}},"exp":{{exp ?? $"{Now + 3600}"}}{{more}}}""";

    public string Sign(string? header = null, string? claims = null)
    {
        string signed = Part(header ?? GoodHeader) + "." + Part(claims ?? GoodClaims);
        byte[] signature = Pair.SignData(
            Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return signed + "." + Base64Url.EncodeToString(signature);
    }

    public static string Part(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
