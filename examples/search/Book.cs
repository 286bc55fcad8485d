namespace Examples.Search;

/// <summary>Cuts a plain-text book into passages: one for each paragraph that is more than a heading.</summary>
internal static class Book
{
    private const int ShortestPassage = 80;

    public static IReadOnlyList<Passage> Read(string path)
    {
        var passages = new List<Passage>();
        var headings = new Headings();
        foreach ((int line, string text) in Paragraphs(File.ReadLines(path)))
        {
            headings.Read(text);
            if (text.Length >= ShortestPassage)
            {
                passages.Add(new Passage(passages.Count, headings.Section, line, text));
            }
        }

        return passages;
    }

    /// <summary>The text between blank lines, on one line each, without the underscores that stand for italics.</summary>
    private static IEnumerable<(int Line, string Text)> Paragraphs(IEnumerable<string> lines)
    {
        var words = new List<string>();
        int number = 0, first = 0;
        foreach (string line in lines.Append(""))
        {
            number++;
            string text = line.Replace("_", "", StringComparison.Ordinal).Trim();
            if (text.Length > 0)
            {
                first = words.Count == 0 ? number : first;
                words.Add(text);
            }
            else if (words.Count > 0)
            {
                yield return (first, string.Join(' ', words));
                words.Clear();
            }
        }
    }
}
