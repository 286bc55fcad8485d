using InterCluster.Api.Control;
using InterCluster.Api.Homes;
using InterCluster.Api.Requests;
using InterCluster.Core.Naming;
using InterCluster.Core.Requests;
using InterCluster.Core.Wire;
using Microsoft.Extensions.Options;

namespace InterCluster.Api.Tests.Control;

/// <summary>The request log as one list over several gateways.</summary>
public sealed class RequestListTests
{
    private const string Mine = "p-one";
    private static readonly DateTimeOffset Start = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100)]
    public async Task Pages_over_three_gateways_show_each_call_once_and_in_order_whatever_the_order_in_which_calls_ended(int limit)
    {
        var random = new Random(7);
        RequestLog[] logs = [NewLog(), NewLog(), NewLog()];
        // Few instants: many calls share one.
        RequestRecord[] calls = [.. Enumerable.Range(0, 60).Select(_ => Call(Mine, Start.AddSeconds(random.Next(12))))];
        Array.ForEach(calls, call => logs[random.Next(3)].Record(call));
        logs[1].Record(Call("p-two", Start.AddSeconds(5)));
        var views = new RequestViews(logs[0], new FakeGateways(logs[1..]));

        var seen = new List<string>();
        string? cursor = null;
        do
        {
            RequestListView page = await views.AllAsync(Mine, FilterAfter(cursor), limit, $"?limit={limit}&cursor={cursor}", default);
            Assert.InRange(page.Requests.Count, 1, limit);
            Assert.Null(page.Unanswered);
            seen.AddRange(page.Requests.Select(r => r.RunId));
            cursor = page.NextCursor;
        }
        while (cursor is not null);

        Assert.Equal(calls.OrderByDescending(c => c.Time).ThenByDescending(c => c.Id.ToString(), StringComparer.Ordinal).Select(c => c.Id.ToString()), seen);
    }

    [Fact]
    public async Task A_gateway_that_does_not_answer_is_named_and_the_others_calls_are_shown()
    {
        RequestLog[] logs = [NewLog(), NewLog()];
        RequestRecord own = Call(Mine, Start);
        RequestRecord other = Call(Mine, Start.AddSeconds(1));
        logs[0].Record(own);
        logs[1].Record(other);
        var views = new RequestViews(logs[0], new FakeGateways(logs[1..]) { Silent = ["http://10.0.0.3:8080"] });

        RequestListView list = await views.AllAsync(Mine, default, 10, "?limit=10", default);

        Assert.Equal([other.Id.ToString(), own.Id.ToString()], list.Requests.Select(r => r.RunId));
        Assert.Equal(["http://10.0.0.3:8080"], list.Unanswered!);
        Assert.Equal(other.Id.ToString(), (await views.AllAsync(Mine, other.Id, default)).Answers.Single().RunId);
        Assert.Empty((await views.AllAsync("p-two", own.Id, default)).Answers);
        Assert.Empty((await views.AllAsync("p-two", other.Id, default)).Answers);
    }

    [Fact]
    public void A_cursor_is_good_for_its_project_and_its_list_alone()
    {
        var place = new RequestPlace(Start.AddTicks(7), RunId.New(TimeProvider.System));
        string cursor = RequestCursor.Write(Mine, place);

        Assert.Equal(place, RequestCursor.Read(cursor, Mine));
        Assert.Null(RequestCursor.Read(cursor, "p-two"));
        Assert.Null(RequestCursor.Read(cursor[..^1] + (cursor[^1] == 'A' ? 'E' : 'A'), Mine));
        Assert.Null(RequestCursor.Read(InterCluster.Api.Runs.RunCursor.Write(Mine, place.Run), Mine));
    }

    private static RequestFilter FilterAfter(string? cursor) => new(After: cursor is null ? null : RequestCursor.Read(cursor, Mine));

    private static RequestLog NewLog() => new(Options.Create(new RequestLogOptions()));

    private static RequestRecord Call(string project, DateTimeOffset at) => new()
    {
        Id = RunId.New(TimeProvider.System), Function = new FunctionId(new AppId(project, "app"), "work"), Time = at, Method = "POST", Status = 200,
    };

    /// <summary>Answers as other gateways do, from their logs.</summary>
    private sealed class FakeGateways(RequestLog[] logs) : IOtherGateways
    {
        public string[]? Silent { get; init; }

        public async ValueTask<GatewayAnswers<T>> AskAsync<T>(string pathAndQuery, IReadOnlySet<string>? only, CancellationToken ct) =>
            new([.. await Task.WhenAll(logs.Select(async log => (T)await AnswerAsync(log, new Uri("http://gateway" + pathAndQuery), ct)))], Silent);

        private static async Task<object> AnswerAsync(RequestLog log, Uri asked, CancellationToken ct)
        {
            var views = new RequestViews(log, new NoOtherGateway());
            string[] path = asked.AbsolutePath[RequestViews.Prefix.Length..].Trim('/').Split('/');
            if (path is [string project, string run])
            {
                return await views.OwnAsync(project, new RunId(Guid.Parse(run)), ct);
            }

            var query = System.Web.HttpUtility.ParseQueryString(asked.Query);
            string? cursor = query["cursor"] is { Length: > 0 } text ? text : null;
            return await views.OwnAsync(path[0], FilterAfter(cursor), int.Parse(query["limit"]!, System.Globalization.CultureInfo.InvariantCulture), ct);
        }
    }
}
