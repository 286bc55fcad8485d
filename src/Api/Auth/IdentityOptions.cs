using System.ComponentModel.DataAnnotations;

namespace InterCluster.Api.Auth;

/// <summary>Settings of tokens and keys (<c>InterCluster:Identity</c>).</summary>
public sealed class IdentityOptions
{
    /// <summary>Where the admin key is kept; made on the first start, mode 0600. Default <c>.intercluster/admin-key</c> in the working folder.</summary>
    [Required(AllowEmptyStrings = false, ErrorMessage = "InterCluster:Identity:AdminKeyFile must name a file.")]
    public string AdminKeyFile { get; set; } = ".intercluster/admin-key";

    /// <summary>
    /// The admin key itself, <c>ic-admin-</c> and 43 characters of base64url, for gateways that are to share one; there is no file then. Default none. Better from an
    /// environment variable than from a command line, which others can see.
    /// </summary>
    [RegularExpression("ic-admin-[A-Za-z0-9_-]{43}", ErrorMessage = "InterCluster:Identity:AdminKey must be ic-admin- and 43 characters of base64url.")]
    public string? AdminKey { get; set; }

    /// <summary>Verified tokens that are remembered at once; each takes about 1.5 KB. Default 10000; 100 to 1000000.</summary>
    [Range(100, 1_000_000, ErrorMessage = "InterCluster:Identity:RememberedTokens must be between 100 and 1000000.")]
    public int RememberedTokens { get; set; } = 10_000;

    /// <summary>
    /// How often keys are read from the store: how soon a revocation made by another process takes effect here. Default 5 s; 1 to 10 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:00:10", ErrorMessage = "InterCluster:Identity:KeyRefresh must be between 00:00:01 and 00:00:10.")]
    public TimeSpan KeyRefresh { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Failed logins per minute and remote address on the control plane before 429. Default 10; 1 to 10000.</summary>
    [Range(1, 10_000, ErrorMessage = "InterCluster:Identity:FailuresPerMinute must be between 1 and 10000.")]
    public int FailuresPerMinute { get; set; } = 10;
}
