namespace InterCluster.Bench.Gateway.Accounting;

internal static class ProcFile
{
    public static string ReadOrEmpty(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (IOException)
        {
            return ""; // The thread has ended since it was listed.
        }
    }
}
