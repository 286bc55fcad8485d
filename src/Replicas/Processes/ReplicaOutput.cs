namespace InterCluster.Replicas.Processes;

/// <summary>Both output files of a replica. Read by the pump while it lives, and a last time by whoever saw its end.</summary>
internal sealed class ReplicaOutput(ReplicaFolder folder, int keep, Action<string, string> line)
{
    private readonly Lock _reading = new();
    private readonly byte[] _buffer = new byte[16 << 10];
    private readonly OutputTail[] _tails =
    [
        new(folder.Stdout, keep, text => line("stdout", text)),
        new(folder.Stderr, keep, text => line("stderr", text)),
    ];

    private bool _finished;

    public void Read()
    {
        lock (_reading)
        {
            if (_finished)
            {
                return;
            }

            foreach (OutputTail tail in _tails)
            {
                tail.Read(_buffer);
            }
        }
    }

    public void Finish()
    {
        lock (_reading)
        {
            if (_finished)
            {
                return;
            }

            _finished = true;
            foreach (OutputTail tail in _tails)
            {
                tail.Finish(_buffer);
            }
        }
    }
}
