using Microsoft.Extensions.Options;

namespace InterCluster.Replicas;

/// <summary>What two settings together must hold.</summary>
internal sealed class ReplicasOptionsValidator : IValidateOptions<ReplicasOptions>
{
    public ValidateOptionsResult Validate(string? name, ReplicasOptions options)
    {
        var errors = new List<string>();
        Ordered(errors, nameof(options.FirstPort), options.FirstPort, nameof(options.LastPort), options.LastPort);
        Ordered(errors, nameof(options.StartingProbePeriod), options.StartingProbePeriod, nameof(options.StartingProbePeriodMax), options.StartingProbePeriodMax);
        Ordered(errors, nameof(options.BackoffFirst), options.BackoffFirst, nameof(options.BackoffMax), options.BackoffMax);
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static void Ordered<T>(List<string> errors, string low, T lowValue, string high, T highValue)
        where T : IComparable<T>
    {
        if (lowValue.CompareTo(highValue) > 0)
        {
            errors.Add($"{ReplicasOptions.Section}:{low} ({lowValue}) must not be above {ReplicasOptions.Section}:{high} ({highValue})");
        }
    }
}
