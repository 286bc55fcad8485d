using System.CommandLine;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using InterCluster.Cli.CommandLine;

namespace InterCluster.Cli.Calls;

/// <summary>The options that shape a call: method, headers, body. Shared by the verbs that make one.</summary>
internal sealed class RequestOptions
{
    private readonly Option<string?> _data = new("--data", "-d") { Description = "The body, as text", HelpName = "TEXT" };
    private readonly Option<string?> _file = new("--file", "-f") { Description = "The body, from a file; - is standard input", HelpName = "PATH" };
    private readonly Option<string?> _method = new("--method", "-X") { HelpName = "METHOD" };

    private readonly Option<string[]> _headers = new("--header", "-H")
    {
        Description = "A header; can be given again",
        HelpName = "\"NAME: VALUE\"",
        DefaultValueFactory = _ => [],
    };

    private readonly HttpMethod _withoutBody;

    public RequestOptions(HttpMethod withoutBody)
    {
        _withoutBody = withoutBody;
        _method.Description = withoutBody == HttpMethod.Post ? "The method [default: POST]" : $"The method [default: {withoutBody}; POST with a body]";
    }

    public Argument<string> Target { get; } = new("APP/FUNCTION") { Description = "The app, its function and whatever follows in the path and query" };

    public void AddTo(Command command)
    {
        command.Arguments.Add(Target);
        command.Options.Add(_data);
        command.Options.Add(_file);
        command.Options.Add(_method);
        command.Options.Add(_headers);
    }

    public HttpRequestMessage Build(CliSession session, Uri address)
    {
        HttpContent? content = Body(session);
        string method = session.Get(_method) ?? (content is null ? _withoutBody : HttpMethod.Post).Method;
        var request = new HttpRequestMessage(Method(method), address) { Content = content };
        foreach (string header in session.Get(_headers) ?? [])
        {
            Add(request, header);
        }

        return request;
    }

    private HttpContent? Body(CliSession session)
    {
        string? data = session.Get(_data);
        string? file = session.Get(_file);
        if (data is not null && file is not null)
        {
            throw CliException.Usage("--data and --file exclude each other.");
        }

        return data is not null ? Text(data) : file is not null ? FromFile(session, file) : null;
    }

    private static StringContent Text(string data) => new(data, Encoding.UTF8, new MediaTypeHeaderValue(IsJson(data) ? "application/json" : "text/plain", "utf-8"));

    private static StreamContent FromFile(CliSession session, string path)
    {
        if (path == "-")
        {
            return Typed(new StreamContent(session.Host.Input), "application/octet-stream");
        }

        try
        {
            string full = Path.GetFullPath(path, session.Host.Directory);
            return Typed(new StreamContent(File.OpenRead(full)), MediaTypes.Of(full));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CliException.Usage($"{path} cannot be read: {e.Message}");
        }
    }

    private static StreamContent Typed(StreamContent content, string type)
    {
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return content;
    }

    private static void Add(HttpRequestMessage request, string header)
    {
        int colon = header.IndexOf(':', StringComparison.Ordinal);
        string name = colon < 0 ? "" : header[..colon].Trim();
        string value = header[(colon + 1)..].Trim();
        if (name.Length == 0 || value.Any(char.IsControl))
        {
            throw CliException.Usage($"'{header}' is not a header.", "Write \"Name: value\".");
        }

        if (request.Headers.TryAddWithoutValidation(name, value))
        {
            return;
        }

        // What the client library calls a content header needs a body to stand on.
        request.Content ??= new ByteArrayContent([]);
        request.Content.Headers.Remove(name);
        if (!request.Content.Headers.TryAddWithoutValidation(name, value))
        {
            throw CliException.Usage($"'{name}' is not a header's name.");
        }
    }

    private static HttpMethod Method(string method)
    {
        try
        {
            return HttpMethod.Parse(method.ToUpperInvariant());
        }
        catch (FormatException)
        {
            throw CliException.Usage($"'{method}' is not a method.");
        }
    }

    private static bool IsJson(string text)
    {
        try
        {
            JsonElement.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
