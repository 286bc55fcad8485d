using System.ComponentModel.DataAnnotations;

namespace InterCluster.Api.Control;

/// <summary>Settings of the control plane (<c>InterCluster:Control</c>).</summary>
public sealed class ControlOptions
{
    /// <summary>True opens <c>/metrics</c> to everyone who can reach the control port. Default false: it needs the admin key.</summary>
    public bool AnonymousMetrics { get; set; }

    /// <summary>The gateway's address as callers know it, for the URLs that are shown. Default <c>http://127.0.0.1:8080</c>.</summary>
    [Required(ErrorMessage = "InterCluster:Control:GatewayUrl must be an http or https URL.")]
    [RegularExpression("^https?://[^/?#]+$", ErrorMessage = "InterCluster:Control:GatewayUrl must be an http or https URL without a path, such as http://127.0.0.1:8080.")]
    public string GatewayUrl { get; set; } = "http://127.0.0.1:8080";

    /// <summary>
    /// Names under which people and tools reach the control plane (<c>control.example.org</c>), beside <c>localhost</c> and plain IP addresses, which are always
    /// taken: a web page of another site can have its own name lead here, and only such a name gives it away. Default none.
    /// </summary>
    public string[] AllowedHosts { get; set; } = [];

    /// <summary>How long a delete waits for calls in flight before it answers 202 and goes on without the caller. Default 2 s; 0 to 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00", ErrorMessage = "InterCluster:Control:DeleteWait must be between 00:00:00 and 00:01:00.")]
    public TimeSpan DeleteWait { get; set; } = TimeSpan.FromSeconds(2);
}
