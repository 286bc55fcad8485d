using InterCluster.Core.Identity;
using InterCluster.Core.Naming;

namespace InterCluster.Api.Auth;

internal sealed class AppTokenIssuer(ServerIdentity server, TimeProvider time) : IAppTokenIssuer
{
    public string Issue(AppId app, TimeSpan lifetime)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(lifetime, TimeSpan.FromSeconds(1));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lifetime, TokenRules.MaxAppLifetime);
        ServerKey key = server.Key ?? throw new InvalidOperationException("The server's key is not loaded yet: app tokens can be issued after the start only.");
        long now = time.GetUtcNow().ToUnixTimeSeconds();
        return key.Sign(new TokenClaims
        {
            Iss = TokenRules.Issuer,
            Aud = TokenRules.Audience,
            Sub = TokenRules.AppSubjectPrefix + app.App,
            Project = app.Project,
            Scope = ScopeNames.ToClaim(ScopeNames.Default),
            Iat = now,
            Exp = now + (long)lifetime.TotalSeconds,
            Jti = Guid.CreateVersion7(time.GetUtcNow()).ToString("N"),
        });
    }
}
