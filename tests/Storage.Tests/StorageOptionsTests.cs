using Microsoft.Extensions.Options;

namespace InterCluster.Storage.Tests;

public sealed class StorageOptionsTests
{
    [Fact]
    public void Defaults_are_valid() => Assert.True(new StorageOptionsValidator().Validate(null, new StorageOptions()).Succeeded);

    [Fact]
    public void Every_mistake_is_named_with_its_key_and_value()
    {
        var options = new StorageOptions { DataFolder = " ", SubmitQueueLimit = 0, SubmitQueueBytes = 5, IdempotencyLifetime = TimeSpan.Zero, Readers = 65 };

        ValidateOptionsResult result = new StorageOptionsValidator().Validate(null, options);

        Assert.NotNull(result.Failures);
        Assert.Collection(
            result.Failures,
            f => Assert.StartsWith("InterCluster:Storage:DataFolder is empty", f, StringComparison.Ordinal),
            f => Assert.Equal("InterCluster:Storage:SubmitQueueLimit is 0; allowed is 1 to 1000000.", f),
            f => Assert.StartsWith("InterCluster:Storage:SubmitQueueBytes is 5;", f, StringComparison.Ordinal),
            f => Assert.StartsWith("InterCluster:Storage:IdempotencyLifetime is 00:00:00;", f, StringComparison.Ordinal),
            f => Assert.Equal("InterCluster:Storage:Readers is 65; allowed is 1 to 64.", f));
    }
}
