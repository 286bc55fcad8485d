using InterCluster.Core.Naming;

namespace InterCluster.Core.Runs;

/// <summary>Rings the doorbell for committed runs, in bulk. Never blocks and never fails: what is lost here, the sweep finds.</summary>
public interface IRunAnnouncer
{
    /// <summary>Announces a run that is ready.</summary>
    void Announce(FunctionId function, RunId id);

    /// <summary>Announces that a function has ready runs, without naming them: for many at once.</summary>
    void AnnounceSome(FunctionId function);
}
