using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using InterCluster.Api.Tests.Gateway;
using InterCluster.Api.Tests.Runs;
using InterCluster.Core.Batches;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Webhooks;
using InterCluster.Core.Wire;

namespace InterCluster.Api.Tests.Batches;

public sealed class BatchUploadTests
{
    [Fact]
    public async Task Good_lines_become_runs_and_bad_ones_are_told_by_number_and_code()
    {
        await using RunApi api = await RunApi.StartAsync();

        BatchAcceptedView answer = await api.AcceptAsync("""
            {"body":{"a":1},"tag":"t"}
            nonsense

            {"priority":"urgent"}
            {"body_text":"hi","path":"/deep","delay":"1h"}
            {"bdy":1}
            {}
            """);

        Assert.Equal((7L, 3L, 3L, 0L), (answer.Lines, answer.Accepted, answer.RejectedTotal, answer.Duplicates));
        Assert.Equal([(2L, "invalid_json"), (4L, "invalid_field"), (6L, "unknown_field")], answer.Rejected.Select(r => (r.Line, r.Code)));
        BatchView batch = await api.BatchAsync(answer.BatchId);
        Assert.Equal((BatchState.Complete, false, 2L, 1L), (batch.State, batch.Done, batch.Counts.Queued, batch.Counts.Scheduled));
        RunListView runs = (await api.Client.GetFromJsonAsync<RunListView>($"{RunApi.Runs}?batch={answer.BatchId}", WireJson.Options))!;
        Assert.Equal([7L, 5L, 1L], runs.Runs.Select(r => r.Line));
        Assert.Equal(["/work", "/work/deep", "/work"], runs.Runs.Select(r => r.Path));
        Assert.Equal("t", runs.Runs[2].Tag);
    }

    [Fact]
    public async Task A_line_can_have_a_webhook_of_its_own()
    {
        await using RunApi api = await RunApi.StartAsync();

        BatchAcceptedView answer = await api.AcceptAsync("""
            {"webhook_endpoint":"https://a.example/x","webhook_secret":["old","new"],"webhook_retries":"lasting"}
            {"webhook_endpoint":"https://169.254.169.254/"}
            {"webhook_secret":"s"}
            {"webhook_endpoint":"https://a.example/","webhook_secret":["1","2","3"]}
            {"webhook_endpoint":"https://a.example/","webhook_secret":[1]}
            {"webhook_endpoint":"https://a.example/","webhook_retries":"always"}
            {}
            """);

        Assert.Equal((2L, 5L), (answer.Accepted, answer.RejectedTotal));
        Assert.All(answer.Rejected, r => Assert.Equal("invalid_field", r.Code));
        await api.WorkAsync(10, _ => new RunResponse(200, [], "done"u8.ToArray()));
        ClaimedDelivery delivery = Assert.Single(
            (await api.Host.Get<IWebhookStore>().ClaimAsync(new WebhookShares(9, 9, 9, 1 << 20, []), TimeSpan.FromMinutes(1), default)).Deliveries);
        Assert.Equal(("https://a.example/x", WebhookRetries.Lasting, RunState.Succeeded), (delivery.Target.Url, delivery.Target.Retries, delivery.Subject.State));
        Assert.True(api.Host.Get<WebhookSecrets>().TryOpen(delivery.Target.Secret, out IReadOnlyList<string>? secrets));
        Assert.Equal(["old", "new"], secrets);
    }

    [Fact]
    public async Task A_batch_names_itself_in_its_location()
    {
        await using RunApi api = await RunApi.StartAsync();
        using HttpResponseMessage response = await api.PostAsync("{}");

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        BatchView batch = (await api.Client.GetFromJsonAsync<BatchView>(response.Headers.Location!.ToString(), WireJson.Options))!;
        Assert.Equal(("app", "work", 1L), (batch.App, batch.Function, batch.Accepted));
    }

    [Fact]
    public async Task Lines_are_stored_while_others_are_still_to_come_and_a_hang_up_keeps_them()
    {
        await using RunApi api = await RunApi.StartAsync();
        var pipe = new Pipe();
        using HttpRequestMessage request = BatchApi.Request(new LiveContent(pipe.Reader), "key");
        Task<HttpResponseMessage> sending = api.Client.SendAsync(request);
        await pipe.Writer.WriteAsync(Encoding.UTF8.GetBytes(BatchApi.Lines(3) + "{\"body\":"));
        BatchView batch = await WaitAsync(api, b => b.Accepted == 3);
        Assert.Equal((BatchState.Receiving, 3L), (batch.State, batch.Lines));

        await pipe.Writer.CompleteAsync(new IOException("The producer died."));
        await Assert.ThrowsAsync<HttpRequestException>(() => sending);

        batch = await WaitAsync(api, b => b.State == BatchState.Interrupted);
        Assert.Equal((3L, 3L, 0L), (batch.Lines, batch.Accepted, batch.Rejected));
    }

    [Fact]
    public async Task A_broken_upload_goes_on_with_its_key_and_stores_no_line_twice()
    {
        await using RunApi api = await RunApi.StartAsync();
        string all = BatchApi.Lines(5000) + "bad\n" + BatchApi.Lines(10, 5001);
        await BreakOffAsync(api, all[..30_000], "key");
        BatchView broken = await WaitAsync(api, b => b.State == BatchState.Interrupted);
        Assert.InRange(broken.Accepted, 100, 4999);

        BatchAcceptedView answer = await api.AcceptAsync(all, "key");

        Assert.Equal((broken.BatchId, 5011L, 5010L, 1L), (answer.BatchId, answer.Lines, answer.Accepted, answer.RejectedTotal));
        Assert.Equal(broken.Lines, answer.ResumedAfterLine);
        Assert.Equal(5001, Assert.Single(answer.Rejected).Line);
        BatchAcceptedView again = await api.AcceptAsync(all, "key");
        Assert.Equal((answer.BatchId, 5010L, 1L, 5011L), (again.BatchId, again.Accepted, again.RejectedTotal, again.ResumedAfterLine));
        Assert.Equal(5010, (await api.BatchAsync(answer.BatchId)).Counts.Queued);
    }

    [Theory]
    [InlineData("{\"body\":9}\n{\"body\":2}\n")]
    [InlineData("{\"body\":1}\n")]
    [InlineData("{\"body\":1}\n{\"body\":2}\n{\"body\":3}\n")]
    public async Task Other_lines_under_a_key_are_422_and_store_nothing(string lines)
    {
        await using RunApi api = await RunApi.StartAsync();
        BatchAcceptedView first = await api.AcceptAsync("{\"body\":1}\n{\"body\":2}\n", "key");

        using HttpResponseMessage response = await api.PostAsync(lines, "key");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Contains("idempotency_mismatch", await response.Content.ReadAsStringAsync());
        BatchView batch = await api.BatchAsync(first.BatchId);
        Assert.Equal((2L, 2L, BatchState.Complete), (batch.Lines, batch.Accepted, batch.State));
    }

    [Fact]
    public async Task The_same_key_without_a_line_end_is_the_same_batch()
    {
        await using RunApi api = await RunApi.StartAsync();

        BatchAcceptedView first = await api.AcceptAsync("{}\n{}\n", "key");

        Assert.Equal(first.BatchId, (await api.AcceptAsync("{}\n{}", "key")).BatchId);
    }

    [Fact]
    public async Task A_later_upload_takes_over_from_one_that_hangs()
    {
        await using RunApi api = await RunApi.StartAsync();
        var pipe = new Pipe();
        using HttpRequestMessage request = BatchApi.Request(new LiveContent(pipe.Reader), "key");
        Task<HttpResponseMessage> hanging = api.Client.SendAsync(request);
        await pipe.Writer.WriteAsync(Encoding.UTF8.GetBytes(BatchApi.Lines(2)));
        await WaitAsync(api, b => b.Accepted == 2);

        BatchAcceptedView answer = await api.AcceptAsync(BatchApi.Lines(4), "key");
        await pipe.Writer.WriteAsync(Encoding.UTF8.GetBytes(BatchApi.Lines(1, 3)));
        await pipe.Writer.CompleteAsync();
        using HttpResponseMessage refused = await hanging;

        Assert.Equal(4, answer.Accepted);
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Contains("\"conflict\"", await refused.Content.ReadAsStringAsync());
        Assert.Equal(4, (await api.BatchAsync(answer.BatchId)).Accepted);
    }

    [Fact]
    public async Task A_cancelled_batch_takes_no_more_and_its_runs_never_start()
    {
        await using RunApi api = await RunApi.StartAsync();
        var pipe = new Pipe();
        using HttpRequestMessage request = BatchApi.Request(new LiveContent(pipe.Reader), "key");
        Task<HttpResponseMessage> sending = api.Client.SendAsync(request);
        await pipe.Writer.WriteAsync(Encoding.UTF8.GetBytes(BatchApi.Lines(3)));
        BatchView batch = await WaitAsync(api, b => b.Accepted == 3);

        using HttpResponseMessage cancelled = await api.Client.DeleteAsync($"{BatchApi.Project}/batches/{batch.BatchId}");
        RunsChangeView change = (await cancelled.Content.ReadFromJsonAsync<RunsChangeView>(WireJson.Options))!;
        await pipe.Writer.WriteAsync(Encoding.UTF8.GetBytes(BatchApi.Lines(3, 4)));
        await pipe.Writer.CompleteAsync();
        using HttpResponseMessage refused = await sending;

        Assert.Equal((3L, false), (change.Changed, change.More));
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Contains("\"cancelled\"", await refused.Content.ReadAsStringAsync());
        batch = await api.BatchAsync(batch.BatchId);
        Assert.Equal((BatchState.Cancelled, true, 3L, 3L), (batch.State, batch.Done, batch.Counts.Cancelled, batch.Accepted));
        Assert.Equal(0, await api.WorkAsync(10, BatchApi.Echo));
    }

    [Fact]
    public async Task Keys_of_lines_join_runs_and_refuse_others()
    {
        await using RunApi api = await RunApi.StartAsync();

        BatchAcceptedView answer = await api.AcceptAsync("""
            {"body":1,"idempotency_key":"a"}
            {"body":1,"idempotency_key":"a"}
            {"body":2,"idempotency_key":"a"}
            {"body":2,"idempotency_key":"b"}
            """);

        Assert.Equal((2L, 1L, 1L), (answer.Accepted, answer.Duplicates, answer.RejectedTotal));
        Assert.Equal((3L, "idempotency_mismatch"), (answer.Rejected[0].Line, answer.Rejected[0].Code));
    }

    [Fact]
    public async Task The_list_of_bad_lines_is_bounded_and_the_rest_counted()
    {
        await using RunApi api = await RunApi.StartAsync();

        BatchAcceptedView answer = await api.AcceptAsync(string.Concat(Enumerable.Repeat("x\n", 5000)) + "{}");

        Assert.Equal((1000, 5000L, 1L), (answer.Rejected.Count, answer.RejectedTotal, answer.Accepted));
        Assert.Equal(Enumerable.Range(1, 1000), answer.Rejected.Select(r => (int)r.Line));
    }

    [Fact]
    public async Task Limits_hold_for_lines_bodies_and_the_whole()
    {
        await using RunApi api = await RunApi.StartAsync(new()
        {
            ["InterCluster:Runs:MaxAsyncBodyBytes"] = "1000", ["InterCluster:Runs:MaxBatchLines"] = "5", ["InterCluster:Runs:MaxBatchBytes"] = "200000",
        });
        string long1 = new('x', 70_000);
        BatchAcceptedView answer = await api.AcceptAsync($"{{\"body_text\":\"{long1}\"}}\n{{\"body_text\":\"{long1[..1001]}\"}}\n{{\"body_text\":\"{long1[..1000]}\"}}\n");
        Assert.Equal([(1L, "too_large"), (2L, "too_large")], answer.Rejected.Select(r => (r.Line, r.Code)));
        Assert.Equal(1, answer.Accepted);

        using HttpResponseMessage lines = await api.PostAsync(BatchApi.Lines(6));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, lines.StatusCode);
        BatchView cut = (await api.Client.GetFromJsonAsync<BatchView>(lines.Headers.Location!.ToString(), WireJson.Options))!;
        Assert.Equal((BatchState.Interrupted, 5L, 5L), (cut.State, cut.Lines, cut.Accepted));

        using HttpResponseMessage sized = await api.PostAsync(new string(' ', 200_001));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, sized.StatusCode);
        using HttpRequestMessage request = BatchApi.Request(new StreamContent(new MemoryStream(Encoding.UTF8.GetBytes("{}\n" + new string('\n', 200_000)))));
        request.Headers.TransferEncodingChunked = true;
        using HttpResponseMessage chunked = await api.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, chunked.StatusCode);
    }

    [Fact]
    public async Task An_upload_that_falls_silent_is_408_and_keeps_what_came()
    {
        await using RunApi api = await RunApi.StartAsync(new() { ["InterCluster:Runs:BatchIdleTimeout"] = "00:00:01" });
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(Encoding.UTF8.GetBytes(BatchApi.Lines(2)));
        using HttpRequestMessage request = BatchApi.Request(new LiveContent(pipe.Reader));
        Task<HttpResponseMessage> sending = api.Client.SendAsync(request);
        await WaitAsync(api, b => b.State == BatchState.Interrupted);
        // The client hands over an answer only when its own body has ended.
        await pipe.Writer.CompleteAsync();

        using HttpResponseMessage response = await sending;

        Assert.Equal(HttpStatusCode.RequestTimeout, response.StatusCode);
        BatchView batch = (await api.Client.GetFromJsonAsync<BatchView>(response.Headers.Location!.ToString(), WireJson.Options))!;
        Assert.Equal((BatchState.Interrupted, 2L), (batch.State, batch.Accepted));
    }

    [Theory]
    [InlineData("apps/none/functions/work/batches", HttpStatusCode.NotFound, "app_not_found")]
    [InlineData("apps/app/functions/_hidden/batches", HttpStatusCode.Forbidden, "forbidden")]
    [InlineData("apps/A/functions/work/batches", HttpStatusCode.BadRequest, "invalid_request")]
    [InlineData("apps/app/functions/a%20b/batches", HttpStatusCode.BadRequest, "invalid_request")]
    public async Task A_batch_for_what_cannot_be_called_is_refused_before_it_is_opened(string path, HttpStatusCode status, string code)
    {
        await using RunApi api = await RunApi.StartAsync();
        using HttpRequestMessage request = BatchApi.Request(new StringContent("{}"), path: $"{BatchApi.Project}/{path}");

        using HttpResponseMessage response = await api.Client.SendAsync(request);

        Assert.Equal(status, response.StatusCode);
        Assert.Contains(code, await response.Content.ReadAsStringAsync());
        Assert.Empty((await api.Batches.ListAsync(GatewayHost.Project, null, 10, default)).Batches);
    }

    [Theory]
    [InlineData("application/json", null)]
    [InlineData("application/x-ndjson", "gzip")]
    [InlineData("application/x-ndjson; charset=utf-16", null)]
    public async Task Another_kind_of_body_is_415(string type, string? coding)
    {
        await using RunApi api = await RunApi.StartAsync();
        using HttpRequestMessage request = BatchApi.Request(new StringContent("{}"), type: type);
        if (coding is not null)
        {
            request.Content!.Headers.ContentEncoding.Add(coding);
        }

        using HttpResponseMessage response = await api.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [Fact]
    public async Task The_root_function_is_an_escaped_slash()
    {
        await using RunApi api = await RunApi.StartAsync();
        using HttpRequestMessage request = BatchApi.Request(new StringContent("{}\n{\"path\":\"/x\"}"), path: $"{BatchApi.Project}/apps/app/functions/%2F/batches");
        using HttpResponseMessage response = await api.Client.SendAsync(request);

        BatchAcceptedView answer = (await response.Content.ReadFromJsonAsync<BatchAcceptedView>(WireJson.Options))!;
        Assert.Equal((1L, 1L), (answer.Accepted, answer.RejectedTotal));
        RunInfo run = Assert.Single((await api.Store.ListAsync(new RunFilter(GatewayHost.Project), null, 9, default)).Runs);
        Assert.Equal((FunctionId.Root, "/"), (run.Function.Function, run.PathAndQuery));
    }

    [Fact]
    public async Task Runs_of_a_batch_carry_the_headers_of_a_call()
    {
        await using RunApi api = await RunApi.StartAsync();
        await api.AcceptAsync("{\"body\":1}");

        await api.WorkAsync(1, run =>
        {
            string? Header(string name) => run.Request.Headers.FirstOrDefault(h => h.Name == name).Value;
            Assert.Equal(("tester", GatewayHost.Project, "127.0.0.1"), (Header("X-InterCluster-Caller"), Header("X-InterCluster-Project"), Header("X-Forwarded-For")));
            Assert.Equal((api.Host.Address.Authority, $"/v4/{GatewayHost.Project}/app"), (Header("Host"), Header("X-Forwarded-Prefix")));
            return BatchApi.Echo(run);
        });
    }

    private static async Task BreakOffAsync(RunApi api, string lines, string key)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 1 << 20));
        using HttpRequestMessage request = BatchApi.Request(new LiveContent(pipe.Reader), key);
        Task<HttpResponseMessage> sending = api.Client.SendAsync(request);
        await pipe.Writer.WriteAsync(Encoding.UTF8.GetBytes(lines));
        await WaitAsync(api, b => b.Accepted > 0);
        await pipe.Writer.CompleteAsync(new IOException("The producer died."));
        await Assert.ThrowsAsync<HttpRequestException>(() => sending);
    }

    private static async Task<BatchView> WaitAsync(RunApi api, Func<BatchView, bool> until)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            BatchListView list = (await api.Client.GetFromJsonAsync<BatchListView>($"{BatchApi.Project}/batches", WireJson.Options, patience.Token))!;
            if (list.Batches.Count > 0 && until(list.Batches[0]))
            {
                return list.Batches[0];
            }
        }
    }
}
