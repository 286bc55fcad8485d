using Microsoft.Extensions.Options;

namespace InterCluster.Workers;

/// <summary>Rules between settings.</summary>
internal sealed class WorkerOptionsValidator : IValidateOptions<WorkerOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, WorkerOptions options) =>
        options.RenewEvery + options.LeaseMargin < options.Lease
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(
                $"InterCluster:Workers:RenewEvery ({options.RenewEvery}) and InterCluster:Workers:LeaseMargin ({options.LeaseMargin}) together must be "
                + $"less than InterCluster:Workers:Lease ({options.Lease}).");
}
