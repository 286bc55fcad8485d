using System.CommandLine;
using System.Text.Json;
using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Core.Schedules;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Schedules;

/// <summary><c>schedules put NAME</c>.</summary>
internal sealed class SchedulePutCommand : CliCommand
{
    private readonly Argument<string> _name = new("NAME") { Description = "The schedule's name: 1 to 63 of a-z, 0-9 and hyphens" };
    private readonly Option<string> _cron = new("--cron") { Description = "Five fields, or six with the second before them", Required = true, HelpName = "CRON" };
    private readonly Option<string> _zone = new("--time-zone", "-z") { Description = "An IANA time zone", DefaultValueFactory = _ => "UTC", HelpName = "ZONE" };
    private readonly Option<string> _to = new("--to") { Description = "What is called", Required = true, HelpName = "APP[/FUNCTION]" };
    private readonly Option<string?> _data = new("--data", "-d") { Description = "The body of each call", HelpName = "TEXT" };
    private readonly Option<string?> _method = new("--method", "-X") { Description = "The method [default: POST]", HelpName = "METHOD" };
    private readonly Option<int?> _attempts = new("--max-attempts") { Description = "Attempts of each run at most [default: the function's]", HelpName = "N" };

    private readonly Option<MisfirePolicy> _misfire = new("--misfire")
    {
        Description = "About missed fire times: skip, one or all", DefaultValueFactory = _ => MisfirePolicy.One, HelpName = "POLICY",
    };

    private readonly Option<OverlapPolicy> _overlap = new("--overlap")
    {
        Description = "While an earlier run has not ended: allow, skip or queue", DefaultValueFactory = _ => OverlapPolicy.Allow, HelpName = "POLICY",
    };

    private readonly Option<int> _limit = new("--misfire-limit")
    {
        Description = "How many are made up for, or may wait", DefaultValueFactory = _ => 100, HelpName = "N",
    };

    private readonly Option<bool> _paused = new("--paused") { Description = "Nothing fires until it is resumed" };

    public SchedulePutCommand(CliHost host)
        : base(host, "put", "Make a schedule, or replace it and keep its history.",
        [
            "intercluster schedules put nightly --cron '0 3 * * *' --time-zone Europe/Berlin --to reports/build",
            "intercluster schedules put sync --cron '*/5 * * * *' --to crm/sync --overlap skip --data '{\"full\":false}'",
        ])
    {
        Arguments.Add(_name);
        foreach (Option option in (Option[])[_cron, _zone, _to, _data, _method, _attempts, _misfire, _limit, _overlap, _paused])
        {
            Options.Add(option);
        }
    }

    protected override async Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        string[] target = session.Get(_to)!.Split('/', 2);
        var request = new PutScheduleRequest
        {
            Cron = session.Get(_cron)!,
            TimeZone = session.Get(_zone)!,
            App = target[0],
            Function = target.Length > 1 ? target[1] : "/",
            Call = JsonSerializer.SerializeToElement(Call(session)),
            Misfire = session.Get(_misfire),
            MisfireLimit = session.Get(_limit),
            Overlap = session.Get(_overlap),
            Paused = session.Get(_paused),
        };
        using HttpContent body = ApiClient.Body(request);
        return ScheduleOutput.Show(session, await session.Api.ControlAsync<ScheduleView>(HttpMethod.Put, session.Path("schedules", session.Get(_name)), ct, body));
    }

    private Dictionary<string, object> Call(CliSession session)
    {
        var call = new Dictionary<string, object>();
        if (session.Get(_method) is { } method)
        {
            call["method"] = method;
        }

        if (session.Get(_attempts) is { } attempts)
        {
            call["max_attempts"] = attempts;
        }

        if (session.Get(_data) is { } data)
        {
            (call[IsJson(data) ? "body" : "body_text"]) = IsJson(data) ? JsonSerializer.Deserialize<JsonElement>(data) : data;
        }

        return call;
    }

    private static bool IsJson(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
