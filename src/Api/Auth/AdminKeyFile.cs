namespace InterCluster.Api.Auth;

/// <summary>The file that holds the admin key: made on the first start, readable by its owner only.</summary>
internal static class AdminKeyFile
{
    /// <summary>Reads the key, making it when there is none. Throws when the file is not ours to trust.</summary>
    public static AdminKey ReadOrCreate(string path, out bool created)
    {
        string text = PrivateFile.ReadOrCreate(path, "admin key file", AdminKey.Generate, out created);
        return AdminKey.IsWellFormed(text)
            ? new AdminKey(text)
            : throw new InvalidOperationException($"The admin key file {path} does not hold an admin key. Delete it to get a new one.");
    }
}
