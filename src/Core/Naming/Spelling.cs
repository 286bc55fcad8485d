namespace InterCluster.Core.Naming;

/// <summary>Finds what somebody may have meant.</summary>
public static class Spelling
{
    private const int MaxMistakes = 2;
    private const int MaxLength = 64;

    /// <summary>The known word that is at most two letters away; null without one.</summary>
    public static string? Nearest(string word, IEnumerable<string> known) =>
        word.Length > MaxLength ? null
        : known.Select(k => (Word: k, Mistakes: Distance(word, k)))
            .Where(c => c.Mistakes <= MaxMistakes)
            .OrderBy(c => c.Mistakes).ThenBy(c => c.Word, StringComparer.Ordinal)
            .Select(c => c.Word).FirstOrDefault();

    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
