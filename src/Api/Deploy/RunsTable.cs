using InterCluster.Core.Apps;
using InterCluster.Core.Naming;

namespace InterCluster.Api.Deploy;

/// <summary><c>[intercluster.runs]</c>, and <c>[intercluster.runs.functions.NAME]</c> for one function: what it does not say is as for the app.</summary>
internal static class RunsTable
{
    public const int MostAttempts = 100;
    private const int MostFunctions = 1000;
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly TimeSpan Year = TimeSpan.FromDays(366);

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
            MaxAge = ReadAge(section, defaults.MaxAge),
        };
        if (policy.RetryBase > policy.RetryMax)
        {
            section.Report.Add($"{section.PathOf("retry_base")}: must not be longer than retry_max ({DurationText.Show(policy.RetryMax)}).");
        }

        return policy;
    }

    private static TimeSpan? ReadAge(AppFileSection section, TimeSpan? fallback)
    {
        // Nothing is shorter than this: a default that no file can say.
        TimeSpan none = TimeSpan.Zero;
        TimeSpan age = section.Duration("max_age", fallback ?? none, TimeSpan.FromSeconds(1), Year, AppFileKeys.OursOnly);
        return age == none ? null : age;
    }
}
