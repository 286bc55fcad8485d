using InterCluster.Core.Runs;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Runs;

internal static class SettleRuns
{
    private static readonly Sql Settle = new("""
        update runs
        set state = @state, attempt = attempt - @given_back, lease_until = null, ready_at = coalesce(@ready_at, ready_at),
            finished_at = @finished_at, status = coalesce(@status, status), error = iif(@keep_error, error, @error)
        where id = @id and state = 2 and lease = @lease
        returning seq, function_id, batch
        """);

    private static readonly Sql PutResponse = new("""
        insert into responses (seq, headers, body) values (@seq, @headers, @body)
        on conflict (seq) do update set headers = excluded.headers, body = excluded.body
        """);

    public static IReadOnlyList<bool> Apply(WriteSession session, IReadOnlyList<Settlement> settlements)
    {
        var accepted = new bool[settlements.Count];
        for (int i = 0; i < accepted.Length; i++)
        {
            accepted[i] = Apply(session, settlements[i]);
        }

        return accepted;
    }

    private static bool Apply(WriteSession session, Settlement settlement)
    {
        bool terminal = RunStateMachine.IsTerminal(settlement.State);
        long? readyAt = terminal ? null : settlement.State == RunState.Scheduled ? Micros.From(settlement.RunAt) ?? session.Now : session.Now;
        long seq;
        using (Statement settle = session.Use(Settle))
        {
            settle.Bind((long)settlement.State).Bind(settlement.NotAnAttempt ? 1 : 0).Bind(readyAt).Bind(terminal ? session.Now : null)
                .Bind(settlement.Response?.Status).Bind(settlement.NotAnAttempt ? 1 : 0).Bind(settlement.Error)
                .Bind(settlement.Id).Bind(settlement.Lease);
            if (!settle.Step())
            {
                return false;
            }

            seq = settle.Long(0);
            session.Effects.Changed(settlement.Id, settle.Int(1), settle.LongOrNull(2), RunState.Running, settlement.State);
        }

        if (settlement.Response is { } response)
        {
            using Statement put = session.Use(PutResponse);
            put.Bind(seq).Bind(HeaderCodec.Encode(response.Headers)).Bind(response.Body.Span).Run();
        }

        return true;
    }
}
