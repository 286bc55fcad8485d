using InterCluster.Core.Naming;
using InterCluster.Core.Replicas;
using Microsoft.Extensions.Logging;

namespace InterCluster.Replicas.Fleet;

internal sealed partial class ReplicaUnit
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Replica {Replica} of {App} crashed: {How}")]
    private partial void LogCrashed(ReplicaId replica, AppId app, string how);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Replica {Replica} of {App} is stopped with calls in flight: they did not end within {Seconds} s")]
    private partial void LogCallsCut(ReplicaId replica, AppId app, double seconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "Replica {Replica} of {App} cannot be managed any further")]
    private partial void LogBroken(ReplicaId replica, AppId app, Exception error);
}
