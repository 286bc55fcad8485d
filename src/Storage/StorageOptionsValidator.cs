using Microsoft.Extensions.Options;

namespace InterCluster.Storage;

/// <summary>Names every mistake at once, each with its key, its value and what is allowed.</summary>
internal sealed class StorageOptionsValidator : IValidateOptions<StorageOptions>
{
    public ValidateOptionsResult Validate(string? name, StorageOptions options)
    {
        var mistakes = new List<string>();
        if (string.IsNullOrWhiteSpace(options.DataFolder))
        {
            mistakes.Add($"{StorageOptions.Section}:DataFolder is empty; give the path of a folder.");
        }

        InRange(mistakes, nameof(options.SubmitQueueLimit), options.SubmitQueueLimit, 1, 1_000_000);
        InRange(mistakes, nameof(options.SubmitQueueBytes), options.SubmitQueueBytes, 1L << 20, 64L << 30);
        InRange(mistakes, nameof(options.IdempotencyLifetime), options.IdempotencyLifetime, TimeSpan.FromMinutes(1), TimeSpan.FromDays(30));
        InRange(mistakes, nameof(options.Readers), options.Readers, 1, 64);
        return mistakes.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(mistakes);
    }

    private static void InRange<T>(List<string> mistakes, string key, T value, T low, T high)
        where T : IComparable<T>
    {
        if (value.CompareTo(low) < 0 || value.CompareTo(high) > 0)
        {
            mistakes.Add($"{StorageOptions.Section}:{key} is {value}; allowed is {low} to {high}.");
        }
    }
}
