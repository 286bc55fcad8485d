namespace InterCluster.Api.Deploy;

/// <summary>Who may write a key.</summary>
internal enum AppFileKeys
{
    /// <summary>A key of the reference product's file, and ours.</summary>
    Shared,

    /// <summary>Only ours: under <c>[intercluster.*]</c>.</summary>
    OursOnly,
}

/// <summary>The two roots of a file, <c>cerebrium</c> and <c>intercluster</c>, read section by section. What nobody asked for is unknown.</summary>
internal sealed class AppFileTables
{
    public const string Ours = "intercluster";
    public const string Theirs = "cerebrium";

    private readonly AppFileReport _report;
    private readonly List<(string Root, Dictionary<string, object?> Table)> _roots = [];
    private readonly List<AppFileSection> _sections = [];

    public AppFileTables(Dictionary<string, object?> file, AppFileReport report)
    {
        _report = report;
        foreach ((string key, object? value) in file)
        {
            if (key is Ours or Theirs && value is Dictionary<string, object?> table)
            {
                _roots.Add((key, table));
            }
            else
            {
                report.Add($"{key}: unknown key. A file has [{Ours}.*] or [{Theirs}.*] tables.");
            }
        }

        if (file.Count == 0)
        {
            report.Add($"The file is empty: it needs [{Ours}.deployment] and [{Ours}.runtime.custom].");
        }
    }

    /// <summary>The section of this name (<c>a</c> or <c>a.b</c>), of both roots.</summary>
    public AppFileSection Section(string name, AppFileKeys keys = AppFileKeys.Shared)
    {
        var parts = new List<AppFilePart>();
        foreach ((string root, Dictionary<string, object?> table) in _roots)
        {
            if (Descend(root, table, name.Split('.')) is { } part && (keys == AppFileKeys.Shared || root == Ours))
            {
                parts.Add(part);
            }
        }

        // Where both roots have a key, ours wins.
        parts.Sort((a, b) => b.IsOurs.CompareTo(a.IsOurs));
        var section = new AppFileSection(name, parts, _report);
        _sections.Add(section);
        return section;
    }

    /// <summary>Reports all keys that no section took.</summary>
    public void Finish()
    {
        foreach (AppFileSection section in _sections)
        {
            section.Finish();
        }

        foreach ((string root, Dictionary<string, object?> table) in _roots)
        {
            ReportStrangers(root, table);
        }
    }

    private AppFilePart? Descend(string path, Dictionary<string, object?> table, string[] names)
    {
        foreach (string name in names)
        {
            path = $"{path}.{name}";
            if (!table.TryGetValue(name, out object? value))
            {
                return null;
            }

            if (value is not Dictionary<string, object?> inner)
            {
                _report.Wrong(path, value, "a table");
                return null;
            }

            table = inner;
        }

        return new AppFilePart(path, path.StartsWith(Ours, StringComparison.Ordinal), table);
    }

    private void ReportStrangers(string path, Dictionary<string, object?> table)
    {
        foreach ((string key, object? value) in table)
        {
            string full = $"{path}.{key}";
            string name = full[(full.IndexOf('.', StringComparison.Ordinal) + 1)..];
            bool inside = _sections.Exists(s => s.Name.StartsWith(name + ".", StringComparison.Ordinal));
            if (inside && value is Dictionary<string, object?> inner)
            {
                ReportStrangers(full, inner);
            }
            else if (!inside && !_sections.Exists(s => s.Covers(full) || (s.Name == name && value is not Dictionary<string, object?>)))
            {
                _report.Add($"{full}: unknown table or key.");
            }
        }
    }
}

/// <summary>A section in one of the roots.</summary>
internal sealed record AppFilePart(string Path, bool IsOurs, Dictionary<string, object?> Table);
