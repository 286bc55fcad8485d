namespace InterCluster.Api.Gateway;

/// <summary>Where a call goes whose app has its home in another gateway.</summary>
internal interface IMovedCalls
{
    /// <summary>Passes the call on to the home, or back to this gateway when that has become the home. Always true: the call is answered.</summary>
    ValueTask<bool> ForwardAsync(IncomingCall call, CallForwarder here);
}
