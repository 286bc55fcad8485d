namespace InterCluster.Api.Webhooks;

/// <summary>Where the key of webhooks' secrets is (<c>InterCluster:Webhooks</c>).</summary>
internal sealed class WebhookKeyOptions
{
    /// <summary>
    /// The file of the keys that seal webhooks' secrets in the store; made when it is not there. Servers that share a database need the same one. Default: <c>webhook-key</c> in
    /// the data folder; with PostgreSQL none, and a key is kept in the database, which protects copies of single tables and nothing more.
    /// </summary>
    public string? SecretsKeyFile { get; set; }
}
