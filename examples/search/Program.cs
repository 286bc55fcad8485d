using Examples.Search;
using Microsoft.AspNetCore.Http.HttpResults;

const int MaxLimit = 50;

var index = new SearchIndex(Book.Read(Environment.GetEnvironmentVariable("BOOK") ?? "../data/opticks.txt"));

WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(args);
builder.WebHost.UseUrls($"http://127.0.0.1:{Environment.GetEnvironmentVariable("PORT") ?? "8080"}");
WebApplication app = builder.Build();

// The index is made before the port is open: who can connect can search.
app.MapGet("/ready", () => Results.Ok(new { passages = index.Count, terms = index.Terms }));
app.MapGet("/query", (string? q, int? limit, HttpRequest request) => Query(new SearchRequest(q, limit), request));
app.MapPost("/query", Query);
app.MapGet("/passage/{number:int}", Results<Ok<Passage>, NotFound> (int number) =>
    index.Find(number) is { } passage ? TypedResults.Ok(passage) : TypedResults.NotFound());

await app.RunAsync();

Results<Ok<SearchAnswer>, ContentHttpResult, ProblemHttpResult> Query(SearchRequest search, HttpRequest request)
{
    int limit = search.Limit ?? 5;
    if (string.IsNullOrWhiteSpace(search.Q) || limit is < 1 or > MaxLimit)
    {
        return TypedResults.Problem($"Give q, the words to look for, and a limit from 1 to {MaxLimit}.", statusCode: 400);
    }

    var answer = new SearchAnswer(search.Q, index.Count, index.Search(search.Q, limit));
    bool asText = request.GetTypedHeaders().Accept.FirstOrDefault()?.MediaType == "text/plain";
    return asText ? TypedResults.Text(answer.ToText()) : TypedResults.Ok(answer);
}
