using System.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;

namespace InterCluster.Cli.CommandLine;

/// <summary>One invocation of a verb: its console, its connection (made when first needed), its clock.</summary>
internal sealed class CliSession(ParseResult parse, CliHost host, ICliConsole console) : IDisposable
{
    private ConnectionSettings? _connection;
    private ApiClient? _api;

    public CliHost Host => host;

    public ICliConsole Console => console;

    public TimeProvider Time => host.Time;

    public DateTimeOffset Now => host.Time.GetUtcNow();

    public ConnectionSettings Connection => _connection ??= ConnectionResolver.Resolve(parse, host);

    public ApiClient Api => _api ??= new ApiClient(Connection);

    /// <summary>A path of the API in the project of this invocation.</summary>
    public string Path(params ReadOnlySpan<string> segments) => ApiPath.Of(Connection, segments);

    public T? Get<T>(Option<T> option) => parse.GetValue(option);

    public T Get<T>(Argument<T> argument) => parse.GetValue(argument)!;

    public void Dispose() => _api?.Dispose();
}
