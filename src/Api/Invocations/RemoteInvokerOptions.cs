using System.ComponentModel.DataAnnotations;

namespace InterCluster.Api.Invocations;

/// <summary>Where a worker without a gateway in its process has its runs carried out (<c>InterCluster:Invoker</c>).</summary>
public sealed class RemoteInvokerOptions
{
    /// <summary>The section of the settings.</summary>
    public const string Section = "InterCluster:Invoker";

    /// <summary>The gateway's data plane, as this worker reaches it. Default <c>http://127.0.0.1:8080</c>.</summary>
    [Required(ErrorMessage = Section + ":GatewayUrl is missing.")]
    public Uri GatewayUrl { get; set; } = new("http://127.0.0.1:8080");

    /// <summary>How long connecting to the gateway may take. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00", ErrorMessage = Section + ":ConnectTimeout must be from {1} to {2}.")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);
}
