using InterCluster.Core.Wire;

namespace InterCluster.Cli.Connection;

/// <summary>What to do about each code of the wire contract.</summary>
internal static class Advice
{
    public static string? For(string? code, ConnectionSettings connection) => code switch
    {
        ProblemCodes.Unauthenticated when connection.Token is null =>
            $"No token was sent. Set {ConnectionVariables.Token}, or run this where the server's data folder ({Defaults.DataFolder}) is.",
        ProblemCodes.Unauthenticated => $"The token ({connection.TokenSource}) is not valid, has ended or was revoked. `intercluster keys issue` makes one.",
        ProblemCodes.Forbidden =>
            $"The token ({connection.TokenSource}) may not do this in {connection.Project}: another project, a missing scope, or a private function.",
        ProblemCodes.AppNotFound => "`intercluster apps` lists the apps of the project; --project names another one.",
        ProblemCodes.RunNotFound => "`intercluster runs` lists the runs of the project; --project names another one.",
        ProblemCodes.NotFinished => "Wait for it: `intercluster run ID --wait`.",
        ProblemCodes.IdempotencyMismatch => "The key was used before with another request: use a new one.",
        ProblemCodes.QueueFull or ProblemCodes.RateLimited or ProblemCodes.Draining or ProblemCodes.StoreUnavailable => "Try again later.",
        ProblemCodes.NoReplica or ProblemCodes.ColdStartTimeout => "`intercluster app NAME` and `intercluster logs NAME` show why no replica is ready.",
        ProblemCodes.QueueTimeout => "All replicas are busy: raise max_replicas, replica_concurrency or queue_timeout, or submit it as a run.",
        ProblemCodes.RunTimeout => "It ran longer than response_grace_period.",
        ProblemCodes.ReplicaUnreachable => "`intercluster logs NAME` shows what the replica said.",
        _ => null,
    };
}
