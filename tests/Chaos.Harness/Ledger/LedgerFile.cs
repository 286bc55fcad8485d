using System.Globalization;
using System.Text;
using System.Threading.Channels;
using InterCluster.Chaos.Harness.Histories;

namespace InterCluster.Chaos.Harness.Ledger;

/// <summary>Lines that are on disk before their writer goes on; those that come during one sync share the next.</summary>
internal sealed class LedgerFile : IAsyncDisposable
{
    private readonly Channel<(string Line, TaskCompletionSource Done)> _lines =
        Channel.CreateUnbounded<(string, TaskCompletionSource)>(new UnboundedChannelOptions { SingleReader = true });

    private readonly FileStream _file;
    private readonly Task _writing;

    public LedgerFile(string path)
    {
        _file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        _writing = Task.Run(WriteAsync);
    }

    public Task BeganAsync(string serial, string run, int attempt, DateTimeOffset at) => AddAsync(string.Create(CultureInfo.InvariantCulture, $"B\t{serial}\t{run}\t{attempt}\t{at:O}"));

    public Task EndedAsync(string serial, int status) => AddAsync(string.Create(CultureInfo.InvariantCulture, $"E\t{serial}\t{status}"));

    /// <summary>What a ledger has so far; a last line that is being written is left out.</summary>
    public static IReadOnlyList<Invocation> Read(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.OpenOrCreate, FileAccess.Read, FileShare.ReadWrite));
        string text = reader.ReadToEnd();
        var calls = new Dictionary<string, Invocation>();
        foreach (string line in text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] field = line.Split('\t');
            calls[field[1]] = field[0] == "B"
                ? new Invocation(field[2], int.Parse(field[3], CultureInfo.InvariantCulture), field[1], DateTimeOffset.Parse(field[4], CultureInfo.InvariantCulture), null)
                : calls[field[1]] with { Status = int.Parse(field[2], CultureInfo.InvariantCulture) };
        }

        return [.. calls.Values];
    }

    public async ValueTask DisposeAsync()
    {
        _lines.Writer.TryComplete();
        await _writing;
        await _file.DisposeAsync();
    }

    private Task AddAsync(string line)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _lines.Writer.TryWrite((line, done)) ? done.Task : Task.CompletedTask;
    }

    private async Task WriteAsync()
    {
        var text = new StringBuilder();
        var waiting = new List<TaskCompletionSource>();
        while (await _lines.Reader.WaitToReadAsync())
        {
            while (_lines.Reader.TryRead(out (string Line, TaskCompletionSource Done) entry))
            {
                text.Append(entry.Line).Append('\n');
                waiting.Add(entry.Done);
            }

            _file.Write(Encoding.ASCII.GetBytes(text.ToString()));
            _file.Flush(flushToDisk: true);
            waiting.ForEach(done => done.TrySetResult());
            text.Clear();
            waiting.Clear();
        }
    }
}
