using InterCluster.Api.Forwarding;
using InterCluster.Core.Admission;
using InterCluster.Core.Apps;
using InterCluster.Core.Failures;
using InterCluster.Core.Replicas;
using InterCluster.Core.Runs;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace InterCluster.Api.Runs;

/// <summary>
/// Carries out runs for workers of the same process: a slot from the same admission as every other call, the request straight to the replica, the
/// whole answer up to the limit, the slot back exactly once.
/// </summary>
internal sealed partial class InProcessRunInvoker(
    IAppCatalog catalog, IAdmissionDirectory directory, FunctionGates gates, IReplicaFaults faults, RunCallRecorder recorder, IMovedRuns moved, TimeProvider time, IOptions<RunOptions> options,
    ILogger<InProcessRunInvoker> logger) : IRunInvoker
{
    private const int MaxReplicasTried = 3;

    private readonly int _maxResult = options.Value.MaxResultBytes;

    /// <inheritdoc/>
    public ValueTask<InvocationResult> InvokeAsync(ClaimedRun run, CancellationToken stopWaiting, CancellationToken ct) => InvokeAsync(run, isHop: false, stopWaiting, ct);

    /// <param name="run">The run.</param>
    /// <param name="isHop">True when another gateway took this one for the home: it is not passed on again.</param>
    /// <param name="stopWaiting">See <see cref="IRunInvoker.InvokeAsync"/>.</param>
    /// <param name="ct">See <see cref="IRunInvoker.InvokeAsync"/>.</param>
    public async ValueTask<InvocationResult> InvokeAsync(ClaimedRun run, bool isHop, CancellationToken stopWaiting, CancellationToken ct)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(stopWaiting, ct);
        if (!catalog.TryGet(run.Function.App, out Revision? current) || current.Config.Runs.For(run.Function.Function).Concurrency is not { } limit)
        {
            return await AdmitAsync(run, isHop, waiting.Token, stopWaiting, ct);
        }

        try
        {
            if (!await gates.EnterAsync(run.Function, limit, current.Config.Scaling.QueueTimeout, waiting.Token))
            {
                return Refused(Refusal.QueueTimeout);
            }
        }
        catch (OperationCanceledException)
        {
            ct.ThrowIfCancellationRequested();
            return Refused(Refusal.Cancelled);
        }

        try
        {
            return await AdmitAsync(run, isHop, waiting.Token, stopWaiting, ct);
        }
        finally
        {
            gates.Leave(run.Function);
        }
    }

    private async ValueTask<InvocationResult> AdmitAsync(ClaimedRun run, bool isHop, CancellationToken waiting, CancellationToken stopWaiting, CancellationToken ct)
    {
        for (int tried = 1; ; tried++)
        {
            if (!catalog.TryGet(run.Function.App, out Revision? revision))
            {
                return new InvocationResult(InvocationOutcome.AppNotFound);
            }

            if (!directory.TryGet(run.Function.App, out IAdmission? admission))
            {
                return Refused(Refusal.NoReplica);
            }

            AdmissionResult admitted = await admission.AdmitAsync(new CallRequest(CallClass.Batch, run.Request.Body.Length), waiting);
            if (!admitted.Granted)
            {
                ct.ThrowIfCancellationRequested();
                return admitted.Refusal != Refusal.Moved ? Refused(admitted.Refusal)
                    : isHop ? Refused(Refusal.Draining) : await moved.InvokeAsync(run, stopWaiting, ct);
            }

            long began = time.GetTimestamp();
            string replica = admitted.Slot.Replica.Id.Value;
            InvocationResult result = await CallAsync(admitted.Slot, run, revision.Config.Scaling.ResponseGracePeriod, ct);
            recorder.Record(run, result, replica, admitted.Waited, admitted.ColdStart, time.GetElapsedTime(began));
            // A replica that could not be connected to has not seen the call: another may be tried.
            if (result.Outcome != InvocationOutcome.Refused || tried == MaxReplicasTried || stopWaiting.IsCancellationRequested)
            {
                return result;
            }
        }
    }

    private static InvocationResult Refused(Refusal refusal) => new(InvocationOutcome.Refused, Refusal: refusal);

    private async Task<InvocationResult> CallAsync(Slot slot, ClaimedRun run, TimeSpan limit, CancellationToken ct)
    {
        Replica replica = slot.Replica;
        var transport = ReplicaTransport.For(replica, time);
        CallDeadline deadline = CallDeadline.Rent(time);
        deadline.Start(limit);
        // A run that is cancelled is meant to stop.
        ReplicaCall hold = transport.BeginCall(slot, deadline, mayFinish: false, bodyless: false);
        bool complete = false;
        try
        {
            Failpoint.Hit(FailurePoint.SlotTaken);
            (InvocationResult result, complete) = await ExchangeAsync(replica, transport, run, deadline.Token, ct);
            return result;
        }
        catch (Exception) when (ct.IsCancellationRequested)
        {
            throw new OperationCanceledException("The call was abandoned.", ct);
        }
        catch (Exception e)
        {
            return deadline.IsOver ? new InvocationResult(InvocationOutcome.TimedOut) : Broken(e, replica, hold, run);
        }
        finally
        {
            Failpoint.Hit(FailurePoint.SlotNotReleased);
            hold.End(complete);
        }
    }

    private async Task<(InvocationResult Result, bool Complete)> ExchangeAsync(
        Replica replica, ReplicaTransport transport, ClaimedRun run, CancellationToken deadline, CancellationToken abandon)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline, abandon);
        CancellationToken ct = either.Token;
        using HttpRequestMessage request = RunHttp.Request(replica, transport, run);
        using HttpResponseMessage answer = await transport.Invoker.SendAsync(request, ct);
        Failpoint.Hit(FailurePoint.AnswerBegun);
        if (await RunHttp.ReadAsync(answer.Content, _maxResult, ct) is not { } body)
        {
            return (new InvocationResult(InvocationOutcome.ResultTooLarge), false);
        }

        var response = new RunResponse((int)answer.StatusCode, StoredHeaders.OfAnswer(answer), body);
        return (new InvocationResult(InvocationOutcome.Answered, response, RetryAfter: RunHttp.RetryAfter(answer, time.GetUtcNow())), true);
    }

    private InvocationResult Broken(Exception e, Replica replica, ReplicaCall hold, ClaimedRun run)
    {
        LogBroken(logger, run.Id.Value, run.Attempt, e);
        if (hold.MayHaveReachedReplica || !IsConnectFailure(e))
        {
            return new InvocationResult(InvocationOutcome.Unreachable);
        }

        faults.Unreachable(replica);
        return Refused(Refusal.NoReplica);
    }

    private static bool IsConnectFailure(Exception e) => e is HttpRequestException
    {
        HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError,
    };

    [LoggerMessage(Level = LogLevel.Debug, Message = "Run {RunId}, attempt {Attempt}: the connection to the replica broke")]
    private static partial void LogBroken(ILogger logger, Guid runId, int attempt, Exception exception);
}
