using Microsoft.Extensions.Logging;

namespace InterCluster.Api.Auth;

internal sealed partial class TokenAuthenticator
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "A token was refused: {Reason}")]
    private partial void LogRefused(string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The stored public key of key {KeyId} of {Project} is not on P-256: its tokens are refused")]
    private partial void LogUnusableKey(string keyId, string project);
}
