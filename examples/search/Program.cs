using Examples.Search;
using Microsoft.AspNetCore.Http.HttpResults;

const int MaxLimit = 50;

var index = new SearchIndex(Book.Read(Environment.GetEnvironmentVariable("BOOK") ?? "../data/opticks.txt"));

WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(args);
builder.WebHost.UseUrls($"http://127.0.0.1:{Environment.GetEnvironmentVariable("PORT") ?? "8080"}");
WebApplication app = builder.Build();

// The index is made before the port is open: who can connect can search.
app.MapGet("/ready", () => Results.Ok(new { passages = index.Count, terms = index.Terms }));
app.MapGet("/query", (string? q, int? limit) => Query(new SearchRequest(q, limit)));
app.MapPost("/query", Query);
app.MapGet("/passage/{number:int}", Results<Ok<Passage>, NotFound> (int number) =>
    index.Find(number) is { } passage ? TypedResults.Ok(passage) : TypedResults.NotFound());

await app.RunAsync();

Results<Ok<SearchAnswer>, ProblemHttpResult> Query(SearchRequest request)
{
    int limit = request.Limit ?? 5;
    if (string.IsNullOrWhiteSpace(request.Q) || limit is < 1 or > MaxLimit)
    {
        return TypedResults.Problem($"Give q, the words to look for, and a limit from 1 to {MaxLimit}.", statusCode: 400);
    }

    return TypedResults.Ok(new SearchAnswer(request.Q, index.Count, index.Search(request.Q, limit)));
}
