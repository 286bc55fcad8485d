namespace InterCluster.Api.Gateway;

/// <summary>Where the gateway hands a call that shall become a durable run.</summary>
internal interface IAsyncCalls
{
    /// <summary>Stores the run and answers 202, or refuses.</summary>
    Task SubmitAsync(IncomingCall call);
}
