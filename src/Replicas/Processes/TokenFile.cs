using System.Text;
using InterCluster.Core.Identity;
using InterCluster.Core.Naming;
using Microsoft.Extensions.Logging;

namespace InterCluster.Replicas.Processes;

/// <summary>The file with a replica's short-lived token, rewritten when half of the token's life is over.</summary>
internal sealed partial class TokenFile : IDisposable
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(5);

    private readonly string _file;
    private readonly AppId _app;
    private readonly TimeSpan _lifetime;
    private readonly IAppTokenIssuer _issuer;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private readonly Lock _writing = new();
    private bool _disposed;

    public TokenFile(string file, AppId app, TimeSpan lifetime, IAppTokenIssuer issuer, TimeProvider time, ILogger logger)
    {
        (_file, _app, _lifetime, _issuer, _logger) = (file, app, lifetime, issuer, logger);
        Write();
        _timer = time.CreateTimer(_ => Renew(), null, lifetime / 2, Timeout.InfiniteTimeSpan);
    }

    public void Dispose()
    {
        lock (_writing)
        {
            _disposed = true;
            _timer.Dispose();
        }
    }

    private void Renew()
    {
        TimeSpan next = _lifetime / 2;
        try
        {
            Write();
        }
        catch (Exception error)
        {
            LogNotRenewed(_app, error);
            next = Retry;
        }

        lock (_writing)
        {
            if (!_disposed)
            {
                _timer.Change(next, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void Write()
    {
        byte[] token = Encoding.ASCII.GetBytes(_issuer.Issue(_app, _lifetime));
        lock (_writing)
        {
            if (!_disposed)
            {
                ReplicaFolder.Write(_file, token);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The token file of a replica of {App} could not be renewed; trying again")]
    private partial void LogNotRenewed(AppId app, Exception error);
}
