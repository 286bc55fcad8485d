namespace InterCluster.Api.Forwarding;

/// <summary>
/// A connection to a replica was to carry a request that no call had claimed, and wrote nothing: the idle connection that the call was to find had
/// gone. The call may be made again.
/// </summary>
internal sealed class UnclaimedWriteException() : IOException("No call has claimed the connection; nothing was sent.")
{
    /// <summary>True when this is why a call failed.</summary>
    public static bool IsIn(Exception? exception)
    {
        while (exception is not null and not UnclaimedWriteException)
        {
            exception = exception.InnerException;
        }

        return exception is not null;
    }
}
