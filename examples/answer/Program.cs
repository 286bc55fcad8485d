using System.Runtime.CompilerServices;
using Examples.Answer;
using Microsoft.AspNetCore.Http.HttpResults;

const int Passages = 4;
TimeSpan readingPace = TimeSpan.FromMilliseconds(40);

WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(args);
builder.WebHost.UseUrls($"http://127.0.0.1:{Environment.GetEnvironmentVariable("PORT") ?? "8080"}");
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddSingleton(Surroundings.FromEnvironment());
builder.Services.AddTransient<AppToken>();
builder.Services.AddHttpClient<SearchClient>().AddHttpMessageHandler<AppToken>();
WebApplication app = builder.Build();

app.MapGet("/ready", () => "ready");
app.MapGet("/ask", AskAsync);
app.MapGet("/stream", StreamAsync);

await app.RunAsync();

async Task<Results<Ok<Answer>, ContentHttpResult, ProblemHttpResult>> AskAsync(string? q, HttpRequest request, SearchClient search, CancellationToken ct)
{
    SearchResult found = await search.QueryAsync(q, Passages, request.Headers["X-Request-Id"], ct);
    if (found.Hits is not { } hits)
    {
        return Refused(found);
    }

    Answer answer = Answer.Compose(q!, hits);
    bool asText = request.GetTypedHeaders().Accept.FirstOrDefault()?.MediaType == "text/plain";
    return asText ? TypedResults.Text(answer.ToText()) : TypedResults.Ok(answer);
}

async Task<Results<ServerSentEventsResult<string>, ProblemHttpResult>> StreamAsync(
    string? q, HttpRequest request, SearchClient search, TimeProvider time, CancellationToken ct)
{
    SearchResult found = await search.QueryAsync(q, 1, request.Headers["X-Request-Id"], ct);
    if (found.Hits is not { } hits)
    {
        return Refused(found);
    }

    string text = hits.Count > 0 ? Answer.Compose(q!, hits).Quotes[0].Text : "Newton says nothing about that.";
    return TypedResults.ServerSentEvents(WordsAsync(text, time, ct), eventType: "word");
}

async IAsyncEnumerable<string> WordsAsync(string text, TimeProvider time, [EnumeratorCancellation] CancellationToken ct)
{
    foreach (string word in text.Split(' '))
    {
        yield return word;
        await Task.Delay(readingPace, time, ct);
    }
}

// The caller's own mistake stays the caller's; whatever else kept search from answering is a bad gateway, with its reason.
static ProblemHttpResult Refused(SearchResult found) =>
    TypedResults.Problem(found.Problem, statusCode: found.Status == 400 ? 400 : 502, title: $"The app search answered {found.Status}.");
