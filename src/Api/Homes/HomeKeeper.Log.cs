using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using Microsoft.Extensions.Logging;

namespace InterCluster.Api.Homes;

internal sealed partial class HomeKeeper
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "This gateway is the home of {App} (epoch {Epoch}; lost by the one before: {Lost})")]
    private partial void LogTaken(AppId app, long epoch, bool lost);

    [LoggerMessage(Level = LogLevel.Debug, Message = "This gateway is not the home of {App} any more ({How})")]
    private partial void LogLeft(AppId app, HomeLeft how);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A change of homes did not get through; it is tried again")]
    private partial void LogNotChanged(Exception reason);
}
