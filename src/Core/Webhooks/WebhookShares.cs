namespace InterCluster.Core.Webhooks;

/// <summary>
/// How many deliveries a sender takes now, and for whom: at most so many at once, so many of a project, so many to one receiver of a project, and
/// so many bytes. What a dead receiver cannot take stays in the store and holds up nobody.
/// </summary>
public sealed class WebhookShares
{
    private readonly int _perProject;
    private readonly int _perReceiver;
    private readonly Dictionary<string, int> _projects = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Project, string Authority), int> _receivers = [];
    private int _room;
    private long _bytes;

    /// <summary>Starts from what is being sent.</summary>
    /// <param name="concurrency">Deliveries at once.</param>
    /// <param name="perProject">Of one project.</param>
    /// <param name="perReceiver">Of one project to one receiver.</param>
    /// <param name="bytes">Bytes of bodies that may still be taken.</param>
    /// <param name="busy">Project and receiver of each delivery that is being sent.</param>
    public WebhookShares(int concurrency, int perProject, int perReceiver, long bytes, IEnumerable<(string Project, string Authority)> busy)
    {
        (_room, _perProject, _perReceiver, _bytes) = (concurrency, perProject, perReceiver, bytes);
        foreach ((string project, string authority) in busy)
        {
            Count(project, authority);
        }
    }

    /// <summary>True when nothing more may be taken.</summary>
    public bool IsFull => _room <= 0 || _bytes <= 0;

    /// <summary>How many more may be taken for a receiver.</summary>
    public int Room(string project, string authority)
    {
        int room = Math.Min(_perProject - _projects.GetValueOrDefault(project), _perReceiver - _receivers.GetValueOrDefault((project, authority)));
        return IsFull ? 0 : Math.Clamp(room, 0, _room);
    }

    /// <summary>Takes one. The last one may go over the bytes: one that is larger than all of them has to be sent too.</summary>
    public void Take(string project, string authority, long bytes)
    {
        Count(project, authority);
        _bytes -= bytes;
    }

    private void Count(string project, string authority)
    {
        _room--;
        _projects[project] = _projects.GetValueOrDefault(project) + 1;
        _receivers[(project, authority)] = _receivers.GetValueOrDefault((project, authority)) + 1;
    }
}
