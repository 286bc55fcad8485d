namespace InterCluster.Core.Batches;

/// <summary>The rules that every store keeps of batches.</summary>
public static class BatchRules
{
    /// <summary>An upload that has committed nothing for so long has broken off, with its gateway.</summary>
    public static readonly TimeSpan UploadSilence = TimeSpan.FromMinutes(15);
}
