using System.Text;
using CsCheck;
using InterCluster.Api.Batches;
using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using Microsoft.Extensions.Time.Testing;

namespace InterCluster.Api.Tests.Batches;

public sealed class LineParserTests
{
    private static readonly DateTimeOffset Now = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly string[] Pieces =
    [
        "{", "}", "[", "]", ":", ",", "\"", "\\", "body", "\"body\"", "\"body_text\":\"x\"", "\"body_base64\":\"AA==\"", "\"path\":\"/a\"", "\"headers\":{\"A\":\"b\"}",
        "\"method\":\"GET\"", "\"query\":\"a=1\"", "\"max_attempts\":3", "\"delay\":\"5s\"", "\"tag\":\"t\"", "null", "true", "1e9", "-", "\"\\ud800\"", "\u00e9", " ", "\u0000", "\r",
    ];

    [Fact]
    public void All_fields_are_read()
    {
        NewRun run = Good(
            """{"method":"PUT","path":"/x/y%20z","query":"a=1&b=2","headers":{"X-One":"1","x-two":["a","b"],"Content-Type":"text/csv"},"body_text":"é,1","priority":"low","delay":"90s","max_attempts":7,"idempotency_key":"k","tag":"night"}""");

        Assert.Equal(("PUT", "/work/x/y%20z?a=1&b=2"), (run.Request.Method, run.Request.PathAndQuery));
        Assert.Equal([new("Host", "h"), new("X-One", "1"), new("x-two", "a"), new("x-two", "b"), new("Content-Type", "text/csv")], run.Request.Headers);
        Assert.Equal("é,1", Encoding.UTF8.GetString(run.Request.Body.Span));
        Assert.Equal((RunPriority.Low, Now.AddSeconds(90), 7, "k", "night", 5L), (run.Priority, run.RunAt, run.MaxAttempts, run.IdempotencyKey, run.Tag, run.Line));
        Assert.Equal((TimeSpan.FromHours(1), new Backoff(TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(5))), (run.MaxAge, run.Backoff));
    }

    [Fact]
    public void An_empty_object_is_a_post_of_nothing()
    {
        NewRun run = Good("{}");

        Assert.Equal(("POST", "/work", 0), (run.Request.Method, run.Request.PathAndQuery, run.Request.Body.Length));
        Assert.Equal((RunPriority.Normal, null, 3), (run.Priority, run.RunAt, run.MaxAttempts));
        Assert.Equal([new("Host", "h")], run.Request.Headers);
    }

    [Theory]
    [InlineData("{\"body\":{\"a\" : [1.0, 2e400,\"\\u00e9\"] } }", "{\"a\" : [1.0, 2e400,\"\\u00e9\"] }", "application/json")]
    [InlineData("{\"body\":123456789012345678901234567890}", "123456789012345678901234567890", "application/json")]
    [InlineData("{\"body\": \"te\\\"xt\"}", "\"te\\\"xt\"", "application/json")]
    [InlineData("{\"body\":null}", "null", "application/json")]
    [InlineData("{\"body_text\":\"te\\\"xt\"}", "te\"xt", "text/plain; charset=utf-8")]
    [InlineData("{\"body_base64\":\"aGk=\"}", "hi", "application/octet-stream")]
    public void A_body_is_kept_byte_for_byte_and_has_its_type(string line, string body, string type)
    {
        NewRun run = Good(line);

        Assert.Equal(body, Encoding.UTF8.GetString(run.Request.Body.Span));
        Assert.Equal(new StoredHeader("Content-Type", type), run.Request.Headers[^1]);
    }

    [Theory]
    [InlineData("", LineCodes.InvalidJson)]
    [InlineData("[]", LineCodes.InvalidJson)]
    [InlineData("{} {}", LineCodes.InvalidJson)]
    [InlineData("{\"body\":}", LineCodes.InvalidJson)]
    [InlineData("{\"body\":01}", LineCodes.InvalidJson)]
    [InlineData("{\"nobody\":1}x", LineCodes.InvalidJson)]
    [InlineData("{\"tag\":\"\\ud800\"}", LineCodes.InvalidJson)]
    [InlineData("{\"nobody\":{\"a\":[1]}}", LineCodes.UnknownField)]
    [InlineData("{\"Body\":1}", LineCodes.UnknownField)]
    [InlineData("{\"body\":1,\"body\":2}", LineCodes.UnknownField)]
    [InlineData("{\"body\":1,\"body_text\":\"\"}", LineCodes.InvalidField)]
    [InlineData("{\"body_text\":1}", LineCodes.InvalidField)]
    [InlineData("{\"body_base64\":\"a\"}", LineCodes.InvalidField)]
    [InlineData("{\"method\":\"TRACE\"}", LineCodes.InvalidField)]
    [InlineData("{\"method\":\"post\"}", LineCodes.InvalidField)]
    [InlineData("{\"path\":\"x\"}", LineCodes.InvalidField)]
    [InlineData("{\"path\":\"/../x\"}", LineCodes.InvalidField)]
    [InlineData("{\"path\":\"/x?y=1\"}", LineCodes.InvalidField)]
    [InlineData("{\"path\":{\"x\":1}}", LineCodes.InvalidField)]
    [InlineData("{\"query\":\"a#b\"}", LineCodes.InvalidField)]
    [InlineData("{\"query\":\"a=1&async=true\"}", LineCodes.InvalidField)]
    [InlineData("{\"query\":\"async=false\"}", LineCodes.InvalidField)]
    [InlineData("{\"headers\":[]}", LineCodes.InvalidField)]
    [InlineData("{\"headers\":{\"A\":1}}", LineCodes.InvalidField)]
    [InlineData("{\"headers\":{\"A\":[\"x\",[1]]}}", LineCodes.InvalidField)]
    [InlineData("{\"headers\":{\"A\":\"x\\r\\nB: y\"}}", LineCodes.InvalidField)]
    [InlineData("{\"headers\":{\"A B\":\"x\"}}", LineCodes.InvalidField)]
    [InlineData("{\"headers\":{\"\":\"x\"}}", LineCodes.InvalidField)]
    [InlineData("{\"headers\":{\"Authorization\":\"Bearer x\"}}", LineCodes.InvalidField)]
    [InlineData("{\"headers\":{\"Host\":\"x\"}}", LineCodes.InvalidField)]
    [InlineData("{\"headers\":{\"Content_Length\":\"1\"}}", LineCodes.InvalidField)]
    [InlineData("{\"headers\":{\"X-InterCluster-Caller\":\"x\"}}", LineCodes.InvalidField)]
    [InlineData("{\"priority\":\"urgent\"}", LineCodes.InvalidField)]
    [InlineData("{\"delay\":\"5\"}", LineCodes.InvalidField)]
    [InlineData("{\"delay\":\"31d\"}", LineCodes.InvalidField)]
    [InlineData("{\"run_at\":\"tomorrow\"}", LineCodes.InvalidField)]
    [InlineData("{\"delay\":\"5s\",\"run_at\":\"2026-05-02T00:00:00Z\"}", LineCodes.InvalidField)]
    [InlineData("{\"max_attempts\":0}", LineCodes.InvalidField)]
    [InlineData("{\"max_attempts\":1.5}", LineCodes.InvalidField)]
    [InlineData("{\"max_attempts\":\"3\"}", LineCodes.InvalidField)]
    [InlineData("{\"idempotency_key\":\"\"}", LineCodes.InvalidField)]
    [InlineData("{\"idempotency_key\":null}", LineCodes.InvalidField)]
    [InlineData("{\"tag\":\"two words\"}", LineCodes.InvalidField)]
    [InlineData("{\"body_text\":\"0123456789012345678901234567890123456789012345678901234567890123456789\"}", LineCodes.TooLarge)]
    [InlineData("{\"body\":[0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3]}", LineCodes.TooLarge)]
    public void A_bad_line_is_told_by_its_code(string line, string code) => Assert.Equal(code, Bad(Encoding.UTF8.GetBytes(line)).Code);

    [Fact]
    public void What_is_no_utf8_is_no_line() => Assert.Equal(LineCodes.InvalidJson, Bad([.. "{\"body\":\""u8, 0xFF, .. "\"}"u8]).Code);

    [Fact]
    public void A_line_after_a_bad_one_knows_nothing_of_it()
    {
        LineParser parser = Parser();
        Assert.Null(parser.Parse("{\"headers\":{\"A\":\"b\"},\"priority\":\"high\",\"path\":\"bad\"}"u8, 1, out _));

        NewRun? run = parser.Parse("{}"u8, 2, out LineError? error);

        Assert.Null(error);
        Assert.Equal((RunPriority.Normal, "/work", 1), (run!.Priority, run.Request.PathAndQuery, run.Request.Headers.Count));
    }

    [Fact]
    public void Whatever_a_line_holds_it_is_a_run_or_an_error()
    {
        LineParser parser = Parser();
        Gen.Frequency((3, Gen.OneOf(Pieces).Array[0, 12].Select(p => Encoding.UTF8.GetBytes(string.Concat(p)))), (1, Gen.Byte.Array[0, 40]),
            (2, Gen.OneOf(Pieces).Array[0, 4].Select(p => Encoding.UTF8.GetBytes($"{{{string.Join(',', p)}}}")))).Sample(
            line =>
            {
                NewRun? run = parser.Parse(line, 1, out LineError? error);
                Assert.True(run is null != error is null);
            },
            iter: 100_000);
    }

    private static LineParser Parser() => new(
        new LineContext
        {
            Function = new FunctionId(new AppId("p-one", "app"), "work"),
            Policy = new RunPolicy { MaxAttempts = 3, RetryBase = TimeSpan.FromSeconds(2), MaxAge = TimeSpan.FromHours(1) },
            OurHeaders = [new("Host", "h")],
            SubmittedBy = "me",
            MaxBody = 64,
            MaxDelay = TimeSpan.FromDays(30),
        },
        new FakeTimeProvider(Now));

    private static NewRun Good(string line)
    {
        NewRun? run = Parser().Parse(Encoding.UTF8.GetBytes(line), 5, out LineError? error);
        Assert.Null(error);
        return run!;
    }

    private static LineError Bad(byte[] line)
    {
        Assert.Null(Parser().Parse(line, 1, out LineError? error));
        return error!;
    }
}
