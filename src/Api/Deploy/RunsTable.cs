using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;

namespace InterCluster.Api.Deploy;

/// <summary><c>[intercluster.runs]</c>, and <c>[intercluster.runs.functions.NAME]</c> for one function: what it does not say is as for the app.</summary>
internal static class RunsTable
{
    public const int MostAttempts = 100;
    private const int MostFunctions = 1000;
    private const int MostAtOnce = 100_000;
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly TimeSpan Year = TimeSpan.FromDays(366);
    private static readonly TimeSpan ShortestKept = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestKept = TimeSpan.FromDays(3650);

    public static RunPolicies Read(AppFileSection section)
    {
        RunPolicy common = ReadPolicy(section, new RunPolicy());
        var functions = new Dictionary<string, RunPolicy>(StringComparer.Ordinal);
        if (!section.TryTake("functions", out object? value, AppFileKeys.OursOnly))
        {
            return new RunPolicies { Default = common };
        }

        if (value is not Dictionary<string, object?> { Count: <= MostFunctions } tables)
        {
            section.Report.Wrong(section.PathOf("functions"), value, $"a table of at most {MostFunctions} functions");
            return new RunPolicies { Default = common };
        }

        foreach ((string name, object? table) in tables)
        {
            ReadFunction(section, name, table, common, functions);
        }

        return new RunPolicies { Default = common, Functions = functions };
    }

    private static void ReadFunction(
        AppFileSection section, string name, object? value, RunPolicy common, Dictionary<string, RunPolicy> functions)
    {
        string path = $"{section.PathOf("functions")}.{name}";
        if (value is not Dictionary<string, object?> table)
        {
            section.Report.Wrong(path, value, "a table");
        }
        else if (!Names.IsFunction(name))
        {
            section.Report.Add($"{path}: not a function's name.");
        }
        else
        {
            var own = new AppFileSection($"runs.functions.{name}", [new AppFilePart(path, IsOurs: true, table)], section.Report);
            functions[name] = ReadPolicy(own, common);
            own.Finish();
        }
    }

    private static RunPolicy ReadPolicy(AppFileSection section, RunPolicy defaults)
    {
        var policy = new RunPolicy
        {
            MaxAttempts = (int)section.Whole("max_attempts", defaults.MaxAttempts, 1, MostAttempts, AppFileKeys.OursOnly),
            RetryBase = section.Duration("retry_base", defaults.RetryBase, Shortest, Day, AppFileKeys.OursOnly),
            RetryMax = section.Duration("retry_max", defaults.RetryMax, Shortest, Day, AppFileKeys.OursOnly),
            MaxAge = ReadAge(section, "max_age", TimeSpan.FromSeconds(1), Year, defaults.MaxAge),
            Retention = ReadRetention(section, defaults.Retention),
            Concurrency = (int)section.Whole("concurrency", defaults.Concurrency ?? 0, 1, MostAtOnce, AppFileKeys.OursOnly) is > 0 and var most ? most : null,
        };
        if (policy.RetryBase > policy.RetryMax)
        {
            section.Report.Add($"{section.PathOf("retry_base")}: must not be longer than retry_max ({DurationText.Show(policy.RetryMax)}).");
        }

        return policy;
    }

    // The server's own settings are the most; what is kept longer there is kept that long.
    private static RunRetention ReadRetention(AppFileSection section, RunRetention defaults) => new()
    {
        Succeeded = ReadAge(section, "retention_succeeded", ShortestKept, LongestKept, defaults.Succeeded),
        Failed = ReadAge(section, "retention_failed", ShortestKept, LongestKept, defaults.Failed),
        Cancelled = ReadAge(section, "retention_cancelled", ShortestKept, LongestKept, defaults.Cancelled),
        Dead = ReadAge(section, "retention_dead", ShortestKept, LongestKept, defaults.Dead),
        Results = ReadAge(section, "retention_results", ShortestKept, LongestKept, defaults.Results),
    };

    private static TimeSpan? ReadAge(AppFileSection section, string key, TimeSpan least, TimeSpan most, TimeSpan? fallback)
    {
        // Nothing is shorter than this: a default that no file can say.
        TimeSpan none = TimeSpan.Zero;
        TimeSpan age = section.Duration(key, fallback ?? none, least, most, AppFileKeys.OursOnly);
        return age == none ? null : age;
    }
}
