using System.Diagnostics;

namespace InterCluster.Bench.Storage;

/// <summary>What the disk itself takes, to read the other figures by.</summary>
internal static class Disk
{
    public static double SyncMilliseconds(string folder)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, $"sync-{Environment.ProcessId}");
        try
        {
            using var file = new FileStream(path, FileMode.Create);
            byte[] block = new byte[16 << 10];
            var times = new List<double>();
            for (int i = 0; i < 200; i++)
            {
                long start = Stopwatch.GetTimestamp();
                RandomAccess.Write(file.SafeFileHandle, block, (long)i * block.Length);
                RandomAccess.FlushToDisk(file.SafeFileHandle);
                times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }

            return Figures.Median(times);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
