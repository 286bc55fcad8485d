namespace Examples.Search;

/// <summary>
/// An inverted index with Okapi BM25 ranking. Made once, then only read: any number of threads may search.
/// </summary>
internal sealed class SearchIndex
{
    // The usual values: how soon a repeated word stops counting, and how much a long passage is marked down.
    private const double K1 = 1.2;
    private const double B = 0.75;

    private readonly IReadOnlyList<Passage> _passages;
    private readonly Dictionary<string, List<Posting>> _postings = new(StringComparer.Ordinal);
    private readonly int[] _lengths;
    private readonly double _averageLength;

    public SearchIndex(IReadOnlyList<Passage> passages)
    {
        _passages = passages;
        _lengths = new int[passages.Count];
        foreach (Passage passage in passages)
        {
            Add(passage);
        }

        _averageLength = _lengths.Average();
    }

    public int Count => _passages.Count;

    public int Terms => _postings.Count;

    public Passage? Find(int number) => number >= 0 && number < _passages.Count ? _passages[number] : null;

    /// <summary>The best passages for the words of a query, best first; the earlier one among equals.</summary>
    public IReadOnlyList<Hit> Search(string query, int limit)
    {
        var scores = new Dictionary<int, double>();
        foreach (string term in KnownTerms(query))
        {
            Score(_postings[term], scores);
        }

        return [.. scores.OrderByDescending(score => score.Value).ThenBy(score => score.Key).Take(limit)
            .Select(score => new Hit(Math.Round(score.Value, 3), _passages[score.Key]))];
    }

    private IEnumerable<string> KnownTerms(string query) => Stems.Of(query).Distinct(StringComparer.Ordinal).Where(_postings.ContainsKey);

    private void Add(Passage passage)
    {
        foreach (IGrouping<string, string> term in Stems.Of(passage.Text).GroupBy(term => term, StringComparer.Ordinal))
        {
            int times = term.Count();
            _lengths[passage.Number] += times;
            if (!_postings.TryGetValue(term.Key, out List<Posting>? postings))
            {
                _postings[term.Key] = postings = [];
            }

            postings.Add(new Posting(passage.Number, times));
        }
    }

    private void Score(List<Posting> postings, Dictionary<int, double> scores)
    {
        double rarity = Math.Log(1 + ((_passages.Count - postings.Count + 0.5) / (postings.Count + 0.5)));
        foreach (Posting posting in postings)
        {
            double length = 1 - B + (B * _lengths[posting.Passage] / _averageLength);
            double score = rarity * posting.Times * (K1 + 1) / (posting.Times + (K1 * length));
            scores[posting.Passage] = scores.GetValueOrDefault(posting.Passage) + score;
        }
    }

    private readonly record struct Posting(int Passage, int Times);
}
