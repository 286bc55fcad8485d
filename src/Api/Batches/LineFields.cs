using System.Text;
using System.Text.Json;
using InterCluster.Api.Runs;
using InterCluster.Core.Naming;
using InterCluster.Core.Routing;
using InterCluster.Core.Runs;
using InterCluster.Core.Webhooks;

namespace InterCluster.Api.Batches;

/// <summary>The fields of one line.</summary>
internal struct LineFields(LineContext context, LineHeaders headers, DateTimeOffset now)
{
    private const int MaxPath = 8192;
    private const int MaxUrl = 2048;
    private static readonly string[] Methods = ["POST", "GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

    private Field _seen;
    private string _method = Methods[0];
    private string _path = "";
    private string _query = "";
    private byte[] _body = [];
    private BodyKind _kind;
    private IReadOnlyList<StoredHeader>? _own;
    private RunPriority _priority = RunPriority.Normal;
    private DateTimeOffset? _runAt;
    private int? _maxAttempts;
    private string? _key;
    private string? _tag;
    private string? _hook;
    private string? _hookRetries;
    private List<string>? _hookSecrets;
    private WebhookTarget? _webhook;

    [Flags]
    private enum Field
    {
        None = 0,
        Body = 1,
        BodyText = 2,
        BodyBase64 = 4,
        Method = 8,
        Path = 16,
        Query = 32,
        Headers = 64,
        Priority = 128,
        Delay = 256,
        RunAt = 512,
        MaxAttempts = 1024,
        IdempotencyKey = 2048,
        Tag = 4096,
        WebhookEndpoint = 8192,
        WebhookSecret = 16384,
        WebhookRetries = 32768,
        AnyWebhook = WebhookEndpoint | WebhookSecret | WebhookRetries,
        AnyBody = Body | BodyText | BodyBase64,
        AnyTime = Delay | RunAt,
    }

    /// <summary>Reads the field that the reader stands at, to the end of its value.</summary>
    public LineError? Read(ref Utf8JsonReader reader, ReadOnlySpan<byte> line)
    {
        Field field = Name(ref reader);
        if (field == Field.None || (_seen & field) != 0)
        {
            string name = LineParser.Show(ref reader);
            reader.Read();
            reader.Skip();
            return new LineError(LineCodes.UnknownField, field == Field.None ? $"'{name}' is not a field of a line." : $"'{name}' is given twice.");
        }

        _seen |= field;
        reader.Read();
        string? wrong = Value(field, ref reader, line);
        reader.Skip();
        return wrong is null ? null : wrong == LineCodes.TooLarge
            ? new LineError(LineCodes.TooLarge, $"The body may have {context.MaxBody} bytes (InterCluster:Runs:MaxAsyncBodyBytes).")
            : new LineError(LineCodes.InvalidField, wrong);
    }

    /// <summary>What only all fields together tell.</summary>
    public LineError? Check() =>
        Several(Field.AnyBody) ? new LineError(LineCodes.InvalidField, "body, body_text and body_base64 exclude each other.")
        : Several(Field.AnyTime) ? new LineError(LineCodes.InvalidField, "delay and run_at exclude each other.")
        : _path.Length + _query.Length > MaxPath ? new LineError(LineCodes.InvalidField, $"path and query may have {MaxPath} characters.")
        : Has(Field.AnyWebhook) && WhyNotHooked() is { } why ? new LineError(LineCodes.InvalidField, why)
        : null;

    public readonly NewRun ToRun(RunId id, long number) => new()
    {
        Id = id,
        Function = context.Function,
        Request = context.Repeats is { } repeated ? Changed(repeated) : new RunRequest(_method, PathAndQuery(), headers.With(_own, _kind), _body),
        CreatedAt = now,
        RunAt = _runAt,
        Priority = Has(Field.Priority) ? _priority : context.Repeats?.Info.Priority ?? _priority,
        MaxAttempts = _maxAttempts ?? context.Repeats?.Info.MaxAttempts ?? context.Policy.MaxAttempts,
        Backoff = context.Policy.Backoff(),
        MaxAge = context.Policy.MaxAge,
        IdempotencyKey = _key,
        Tag = _tag ?? context.Repeats?.Info.Tag,
        Origin = context.Repeats?.Info.Id,
        SubmittedBy = context.SubmittedBy,
        Line = number,
        Webhook = _webhook,
    };

    private string? WhyNotHooked() =>
        context.Webhooks is null ? "There can be no webhook here."
        : _hook is null ? "webhook_secret and webhook_retries need a webhook_endpoint."
        : context.Webhooks.TryMake(_hook, _hookSecrets ?? [], _hookRetries, out _webhook, out string? error) ? null : error;

    private readonly bool Has(Field fields) => (_seen & fields) != 0;

    private readonly RunRequest Changed(RepeatedRun repeated)
    {
        bool newBody = Has(Field.AnyBody);
        string path = Has(Field.Path) ? context.Path + _path : repeated.Path;
        string query = Has(Field.Query) ? _query : repeated.Query;
        return new RunRequest(
            Has(Field.Method) ? _method : repeated.Request.Method,
            query.Length > 0 ? $"{path}?{query}" : path,
            headers.With(repeated.Headers(context.OurHeaders, _own, newBody), newBody ? _kind : BodyKind.None),
            newBody ? _body : repeated.Request.Body);
    }

    private readonly string PathAndQuery() =>
        _path.Length + _query.Length == 0 ? context.Path : string.Concat(context.Path, _path, _query.Length > 0 ? "?" : "", _query);

    private readonly bool Several(Field fields) => System.Numerics.BitOperations.PopCount((uint)(_seen & fields)) > 1;

    private static Field Name(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("body"u8) ? Field.Body
        : reader.ValueTextEquals("path"u8) ? Field.Path
        : reader.ValueTextEquals("idempotency_key"u8) ? Field.IdempotencyKey
        : reader.ValueTextEquals("tag"u8) ? Field.Tag
        : reader.ValueTextEquals("priority"u8) ? Field.Priority
        : reader.ValueTextEquals("method"u8) ? Field.Method
        : reader.ValueTextEquals("query"u8) ? Field.Query
        : reader.ValueTextEquals("headers"u8) ? Field.Headers
        : reader.ValueTextEquals("delay"u8) ? Field.Delay
        : reader.ValueTextEquals("run_at"u8) ? Field.RunAt
        : reader.ValueTextEquals("max_attempts"u8) ? Field.MaxAttempts
        : reader.ValueTextEquals("body_text"u8) ? Field.BodyText
        : reader.ValueTextEquals("body_base64"u8) ? Field.BodyBase64
        : reader.ValueTextEquals("webhook_endpoint"u8) ? Field.WebhookEndpoint
        : reader.ValueTextEquals("webhook_secret"u8) ? Field.WebhookSecret
        : reader.ValueTextEquals("webhook_retries"u8) ? Field.WebhookRetries
        : Field.None;

    // What is wrong, in words; null when nothing is.
    private string? Value(Field field, ref Utf8JsonReader reader, ReadOnlySpan<byte> line)
    {
        switch (field)
        {
            case Field.Body:
                return ReadBody(ref reader, line);
            case Field.Headers:
                return LineHeaders.Read(ref reader, out _own);
            case Field.WebhookSecret:
                return ReadSecrets(ref reader);
            case Field.MaxAttempts:
                bool ok = reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int attempts) && attempts is >= 1 and <= RunHeaders.MaxAttemptsLimit;
                _maxAttempts = ok ? reader.GetInt32() : null;
                return ok ? null : $"max_attempts must be a number from 1 to {RunHeaders.MaxAttemptsLimit}.";
        }

        if (reader.TokenType != JsonTokenType.String)
        {
            return "A field other than body, headers and max_attempts must be a text.";
        }

        return field == Field.BodyBase64 ? ReadBase64(ref reader) : Text(field, reader.GetString()!);
    }

    private string? Text(Field field, string text)
    {
        switch (field)
        {
            case Field.BodyText:
                return Put(Encoding.UTF8.GetBytes(text), BodyKind.Text);
            case Field.Method:
                _method = Array.Find(Methods, m => m == text) ?? "";
                return _method.Length > 0 ? null : $"method must be one of {string.Join(", ", Methods)}.";
            case Field.Path:
                _path = text;
                return IsPath(text) ? null : "path must be empty or begin with a slash, and hold what a path may.";
            case Field.Query:
                _query = text;
                return IsQuery(text) ? null : "query must be visible ASCII without '#', and without async and webhookEndpoint.";
            case Field.Priority:
                return RunWords.TryPriority(text, out _priority) ? null : $"priority must be {RunWords.Priorities}.";
            case Field.Delay:
                return RunWords.TryDelay(text, now, context.MaxDelay, out _runAt) ? null : $"delay must be {RunWords.Delays(context.MaxDelay)}.";
            case Field.RunAt:
                return RunWords.TryInstant(text, now, context.MaxDelay, out _runAt) ? null : $"run_at must be {RunWords.Instants(context.MaxDelay)}.";
            case Field.WebhookEndpoint:
                _hook = text;
                return text.Length <= MaxUrl ? null : $"webhook_endpoint may have {MaxUrl} characters.";
            case Field.WebhookRetries:
                _hookRetries = text;
                return null;
            case Field.IdempotencyKey:
                _key = text;
                return RunWords.IsKey(text) ? null : $"idempotency_key must be {RunWords.Keys}.";
            default:
                _tag = text;
                return RunWords.IsTag(text) ? null : $"tag must be {RunWords.Tags}.";
        }
    }

    // A text, or two of them in a list. That they are fit to be secrets is looked at with the endpoint.
    private string? ReadSecrets(ref Utf8JsonReader reader)
    {
        _hookSecrets = [];
        bool isList = reader.TokenType == JsonTokenType.StartArray;
        while (!isList || (reader.Read() && reader.TokenType != JsonTokenType.EndArray))
        {
            if (reader.TokenType != JsonTokenType.String || _hookSecrets.Count == WebhookSecrets.Most)
            {
                return $"webhook_secret must be a text, or a list of at most {WebhookSecrets.Most}.";
            }

            _hookSecrets.Add(reader.GetString()!);
            if (!isList)
            {
                break;
            }
        }

        return null;
    }

    private string? ReadBody(ref Utf8JsonReader reader, ReadOnlySpan<byte> line)
    {
        int start = (int)reader.TokenStartIndex;
        reader.Skip();
        ReadOnlySpan<byte> raw = line[start..(int)reader.BytesConsumed];
        return raw.Length > context.MaxBody ? LineCodes.TooLarge : Put(raw.ToArray(), BodyKind.Json);
    }

    private string? ReadBase64(ref Utf8JsonReader reader) =>
        reader.TryGetBytesFromBase64(out byte[]? bytes) ? Put(bytes, BodyKind.Binary) : "body_base64 must be Base64 with its padding.";

    private string? Put(byte[] body, BodyKind kind)
    {
        (_body, _kind) = (body, kind);
        return body.Length > context.MaxBody ? LineCodes.TooLarge : null;
    }

    private readonly bool IsPath(string path) =>
        path.Length == 0 || (path[0] == '/' && context.Function.Function != FunctionId.Root && PathRules.IsAccepted(path));

    private static bool IsQuery(string query) =>
        PathRules.IsAcceptedQuery(query)
        && (!ReservedQuery.MayHoldOurs("?" + query)
            || (ReservedQuery.TryParse("?" + query, out ReservedQuery ours) && ours is { WebhookEndpoint: null } && ours.Forwarded.Length == query.Length + 1));
}

/// <summary>How a line's body was given; decides its default media type.</summary>
internal enum BodyKind
{
    None,
    Json,
    Text,
    Binary,
}
