using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Runs;

/// <summary>A run of a project, as far as a command about it needs to know.</summary>
internal readonly record struct StoredRun(long Seq, int FunctionId, RunState State, long? Batch)
{
    private static readonly Sql Select = new("""
        select r.seq, r.function_id, r.state, r.batch from runs r join projects p on p.id = r.project_id where r.id = @id and p.name = @project
        """);

    public static StoredRun? Find(WriteSession session, string project, RunId id)
    {
        using Statement find = session.Use(Select);
        return find.Bind(id).Bind(project).Step() ? new StoredRun(find.Long(0), find.Int(1), (RunState)find.Int(2), find.LongOrNull(3)) : null;
    }
}
