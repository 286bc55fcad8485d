namespace InterCluster.Api.Webhooks;

/// <summary>Where the key of webhooks' secrets is (<c>InterCluster:Webhooks</c>).</summary>
internal sealed class WebhookKeyOptions
{
    /// <summary>
    /// The file of the keys that seal webhooks' secrets in the store; made when it is not there. Servers that share a database need the same one. Default: <c>webhook-key</c> in
    /// the data folder; with PostgreSQL none, and a key is kept in the database, which protects copies of single tables and nothing more.
    /// </summary>
    public string? SecretsKeyFile { get; set; }

    /// <summary>
    /// The keys themselves, in Base64 and separated by commas, for servers that share no file; the file is not looked at then. Default none. Better from an environment
    /// variable than from a command line, which others can see.
    /// </summary>
    public string? SecretsKeys { get; set; }
}
