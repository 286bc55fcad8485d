using Microsoft.Extensions.Options;
using Npgsql;

namespace InterCluster.Storage.Postgres;

/// <summary>Names every mistake at once. The connection string itself is not repeated: it holds a password.</summary>
internal sealed class PostgresOptionsValidator : IValidateOptions<PostgresOptions>
{
    public ValidateOptionsResult Validate(string? name, PostgresOptions options)
    {
        var mistakes = new List<string>();
        if (WhyNotReadable(options.ConnectionString) is { } why)
        {
            mistakes.Add($"{PostgresOptions.Section}:ConnectionString {why}");
        }

        InRange(mistakes, nameof(options.CommandTimeout), options.CommandTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));
        InRange(mistakes, nameof(options.ConnectTimeout), options.ConnectTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        InRange(mistakes, nameof(options.StartTimeout), options.StartTimeout, TimeSpan.Zero, TimeSpan.FromDays(1));
        InRange(mistakes, nameof(options.Writers), options.Writers, 1, 16);
        return mistakes.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(mistakes);
    }

    private static string? WhyNotReadable(string text)
    {
        try
        {
            return string.IsNullOrWhiteSpace(new NpgsqlConnectionStringBuilder(text).Host)
                ? "names no host; write Host=…;Username=…;Password=…;Database=…." : null;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException)
        {
            return $"cannot be read: {e.Message}";
        }
    }

    private static void InRange<T>(List<string> mistakes, string key, T value, T low, T high)
        where T : IComparable<T>
    {
        if (value.CompareTo(low) < 0 || value.CompareTo(high) > 0)
        {
            mistakes.Add($"{PostgresOptions.Section}:{key} is {value}; allowed is {low} to {high}.");
        }
    }
}
