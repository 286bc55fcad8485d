using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using System.Text;
using BenchmarkDotNet.Attributes;
using InterCluster.Api.Auth;
using InterCluster.Core.Identity;
using InterCluster.Core.Naming;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace InterCluster.Bench.Micro;

/// <summary>
/// A token that is remembered, among ten thousand, against the plain way (a dictionary by the token's SHA-256); and one that has to be verified.
/// </summary>
[MemoryDiagnoser]
public class TokenBenchmarks
{
    private readonly ConcurrentDictionary<string, Caller> _byHash = new();
    private TokenAuthenticator _authenticator = null!;
    private TokenAuthenticator _forgetful = null!;
    private string _header = null!;
    private string _other = null!;
    private string _refused = null!;
    private bool _turn;

    [GlobalSetup]
    public async Task Setup()
    {
        var server = new ServerIdentity();
        server.Set(new AdminKey(AdminKey.Generate()), ServerKey.Load(ServerKey.Create()));
        _authenticator = Make(server, 20_000);
        // It remembers one token, so that two by turns are both verified each time.
        _forgetful = Make(server, 0);
        var issuer = new AppTokenIssuer(server, TimeProvider.System);
        for (int i = 0; i < 10_000; i++)
        {
            _header = "Bearer " + issuer.Issue(new AppId("p-bench", $"app-{i}"), TimeSpan.FromHours(24));
            _byHash[HashOf(_header)] = (await _authenticator.VerifyAsync(_header, CancellationToken.None))!;
        }

        _other = "Bearer " + issuer.Issue(new AppId("p-bench", "other"), TimeSpan.FromHours(24));
        _refused = "Bearer " + new string('a', 300);
    }

    [Benchmark(Baseline = true)]
    public Caller? BySha256() => _byHash.GetValueOrDefault(HashOf(_header));

    [Benchmark]
    public bool Remembered() => _authenticator.TryRemembered(_header, out _);

    [Benchmark]
    public ValueTask<Caller?> Verified()
    {
        _turn = !_turn;
        return _forgetful.VerifyAsync(_turn ? _header : _other, CancellationToken.None);
    }

    [Benchmark]
    public ValueTask<Caller?> Malformed() => _forgetful.VerifyAsync(_refused, CancellationToken.None);

    private static string HashOf(string header) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(header)));

    private static TokenAuthenticator Make(ServerIdentity server, int capacity)
    {
        IMeterFactory meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
        var remembered = new RememberedTokens(capacity, TimeProvider.System);
        return new TokenAuthenticator(
            new KeyRing(), server, remembered, new AuthMetrics(meters, remembered), TimeProvider.System, NullLogger<TokenAuthenticator>.Instance);
    }
}
