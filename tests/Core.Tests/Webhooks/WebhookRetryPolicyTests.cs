using CsCheck;
using InterCluster.Core.Naming;
using InterCluster.Core.Webhooks;

namespace InterCluster.Core.Tests.Webhooks;

public sealed class WebhookRetryPolicyTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(null, DeliveryErrors.Unreachable, true, true)]
    [InlineData(null, DeliveryErrors.Timeout, true, true)]
    [InlineData(null, DeliveryErrors.Certificate, true, true)]
    [InlineData(null, DeliveryErrors.BlockedAddress, false, false)]
    [InlineData(404, DeliveryErrors.Refused, true, true)]
    [InlineData(410, DeliveryErrors.Refused, false, false)]
    [InlineData(400, DeliveryErrors.Refused, false, true)]
    [InlineData(429, DeliveryErrors.Refused, false, true)]
    [InlineData(500, DeliveryErrors.Refused, false, true)]
    [InlineData(503, DeliveryErrors.Refused, false, true)]
    [InlineData(302, DeliveryErrors.Redirect, false, true)]
    public void What_is_tried_again(int? status, string error, bool quick, bool lasting)
    {
        Assert.Equal(quick, Decide(WebhookRetries.Quick, 0, status, error).State == DeliveryState.Pending);
        Assert.Equal(lasting, Decide(WebhookRetries.Lasting, 0, status, error).State == DeliveryState.Pending);
    }

    [Theory]
    [InlineData(WebhookRetries.Quick, 3)]
    [InlineData(WebhookRetries.Lasting, 8)]
    public void The_budget_ends(WebhookRetries retries, int tries)
    {
        Assert.Equal(tries, WebhookRetryPolicy.MaxTries(retries));
        Assert.All(Enumerable.Range(0, tries - 1), made => Assert.Equal(DeliveryState.Pending, Decide(retries, made, 404, DeliveryErrors.Refused).State));
        Assert.Equal(DeliveryState.Dead, Decide(retries, tries - 1, 404, DeliveryErrors.Refused).State);
        Assert.Equal(DeliveryState.Delivered, Decide(retries, tries - 1, 204, null).State);
    }

    [Fact]
    public void Quick_waits_five_seconds_at_most_and_lasting_about_a_day_in_all() => Gen.Double[0, 1].Sample(random =>
    {
        TimeSpan[] quick = Waits(WebhookRetries.Quick, random, TimeSpan.FromHours(9));
        TimeSpan[] lasting = Waits(WebhookRetries.Lasting, random, null);

        Assert.All(quick, wait => Assert.InRange(wait, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5)));
        Assert.InRange(lasting.Aggregate((a, b) => a + b), TimeSpan.FromHours(19), TimeSpan.FromHours(25));
        Assert.Equal(lasting.Order(), lasting);
    });

    [Fact]
    public void Lasting_honours_what_the_receiver_asks_for_up_to_an_hour()
    {
        Assert.Equal(Now.AddMinutes(10), Decide(WebhookRetries.Lasting, 0, 503, DeliveryErrors.Refused, TimeSpan.FromMinutes(10)).DueAt);
        Assert.Equal(Now.AddHours(1), Decide(WebhookRetries.Lasting, 0, 503, DeliveryErrors.Refused, TimeSpan.FromDays(3)).DueAt);
        Assert.Equal(Now.AddSeconds(27), Decide(WebhookRetries.Lasting, 0, 503, DeliveryErrors.Refused, TimeSpan.FromSeconds(-5)).DueAt);
    }

    [Fact]
    public void Shares_never_give_more_than_there_is() => Gen.Select(
        Gen.Int[1, 20], Gen.Int[1, 10], Gen.Int[1, 5], Gen.Int[1, 2000],
        Gen.Select(Gen.OneOf("p-a", "p-b", "p-c"), Gen.OneOf("x:443", "y:443"), Gen.Int[0, 300]).Array[0, 60]).Sample(
        (concurrency, perProject, perReceiver, bytes, asks) =>
        {
            var shares = new WebhookShares(concurrency, perProject, perReceiver, bytes, []);
            var taken = new List<(string Project, string Receiver, int Bytes)>();
            foreach ((string project, string receiver, int size) in asks)
            {
                int room = shares.Room(project, receiver);
                bool expected = taken.Count < concurrency && taken.Sum(t => t.Bytes) < bytes && taken.Count(t => t.Project == project) < perProject
                    && taken.Count(t => t.Project == project && t.Receiver == receiver) < perReceiver;
                Assert.Equal(expected, room > 0);
                if (room > 0)
                {
                    shares.Take(project, receiver, size);
                    taken.Add((project, receiver, size));
                }
            }
        });

    private static TimeSpan[] Waits(WebhookRetries retries, double random, TimeSpan? retryAfter) =>
        [.. Enumerable.Range(0, WebhookRetryPolicy.MaxTries(retries) - 1)
            .Select(made => Decide(retries, made, 404, DeliveryErrors.Refused, retryAfter, random).DueAt!.Value - Now)];

    private static DeliverySettlement Decide(
        WebhookRetries retries, int tries, int? status, string? error, TimeSpan? retryAfter = null, double random = 0.5)
    {
        var delivery = new ClaimedDelivery
        {
            Id = Guid.Empty,
            Lease = 7,
            Subject = new DeliverySubject(new FunctionId(new AppId("p-one", "app"), "work"), default, null, null, 200, null),
            Target = new WebhookTarget { Url = "https://a.example", Authority = "a.example:443", Retries = retries },
            Tries = tries,
            Attempts = tries + 10,
        };
        return WebhookRetryPolicy.Decide(delivery, new DeliveryAttempt(tries + 11, Now, TimeSpan.Zero, status, error), retryAfter, Now, random);
    }
}
