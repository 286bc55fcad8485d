namespace InterCluster.Core.Failures;

/// <summary>
/// The moments at which a process may die or fail on purpose: between any two steps of which the second must follow the first. Letters are those of the
/// crash matrix in docs/reliability.md.
/// </summary>
public enum FailurePoint
{
    /// <summary>A1: a submission is valid and not stored.</summary>
    SubmissionChecked,

    /// <summary>A2: runs are written and not committed.</summary>
    SubmissionWritten,

    /// <summary>A3: the run is committed and its caller not answered.</summary>
    SubmissionCommitted,

    /// <summary>A4: runs are accepted and their announcer does not wake.</summary>
    AnnouncerWoken,

    /// <summary>B1: an announcement is taken up and not published.</summary>
    AnnouncementTaken,

    /// <summary>B2, B3: an announcement is published, and its publisher does not learn of it.</summary>
    AnnouncementPublished,

    /// <summary>C1: the dispatcher has an announcement and has not routed it.</summary>
    AnnouncementReceived,

    /// <summary>C2, C3: an announcement is routed and not acknowledged.</summary>
    AnnouncementRouted,

    /// <summary>D1: a worker knows of runs and has not claimed them.</summary>
    RunsOffered,

    /// <summary>D2: a run is claimed and not called.</summary>
    RunClaimed,

    /// <summary>D4: the function has begun to answer.</summary>
    AnswerBegun,

    /// <summary>D5: the function has answered and the attempt is not settled.</summary>
    AnswerRead,

    /// <summary>D6, D7: the attempt is settled and nobody was told.</summary>
    RunSettled,

    /// <summary>E1: a run's call has a slot and the replica knows nothing of it.</summary>
    SlotTaken,

    /// <summary>E3: a run's call is over and its slot is still taken.</summary>
    SlotNotReleased,

    /// <summary>H1: a fire time has come and is not written.</summary>
    FireDue,

    /// <summary>H1: a fire time and its run are written and not committed.</summary>
    FireWritten,

    /// <summary>H2: a fire time and its run are committed and nobody was told.</summary>
    FireCommitted,

    /// <summary>G2: the sweep has moved runs and told nobody.</summary>
    RunsSwept,
}
