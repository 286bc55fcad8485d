namespace InterCluster.Api.Problems;

/// <summary>A feature of a request that was answered by the gateway itself, not by a replica.</summary>
internal sealed class GatewayAnswer
{
    public static readonly GatewayAnswer Mark = new();

    private GatewayAnswer()
    {
    }
}
