using InterCluster.Core;
using InterCluster.Core.Gateways;
using Microsoft.Extensions.Logging;

namespace InterCluster.Api.Homes;

/// <summary>How a renewal of this gateway's lease ended.</summary>
internal enum Renewal
{
    /// <summary>The lease goes on.</summary>
    Renewed,

    /// <summary>The lease goes on after a time in which it was over: calls that were held up may go on as well.</summary>
    HeldAgain,

    /// <summary>Nothing is known; the lease runs on until its end.</summary>
    Unknown,

    /// <summary>The lease has been over for so long that whoever takes over will soon give out slots.</summary>
    Over,

    /// <summary>Another gateway has ended the lease. The next renewal begins another.</summary>
    Ended,
}

/// <summary>This gateway among the others: joins, keeps its lease, and leaves.</summary>
internal sealed partial class GatewayMembership(
    IHomeStore store, HomeBoard board, GatewayLease lease, HomesMetrics metrics, TimeProvider time, ILogger<GatewayMembership> logger)
{
    private bool _lapsed;

    /// <summary>This gateway as the others see it; null before it has joined.</summary>
    public GatewayMember? Self { get; private set; }

    /// <summary>Renews once. There is a view with <see cref="Renewal.Renewed"/> and <see cref="Renewal.HeldAgain"/>.</summary>
    /// <param name="address">Where the others reach this gateway.</param>
    /// <param name="isNew">True while this process has never been a gateway: whoever was at its address has gone.</param>
    /// <param name="isLeaving">It takes no homes any more.</param>
    /// <param name="since">The version of the homes that are known already.</param>
    /// <param name="ct">Ends waiting.</param>
    public async Task<(Renewal How, GatewayView? View)> RenewAsync(string address, bool isNew, bool isLeaving, long since, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(lease.Terms.RenewEvery, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        long sentAt = time.GetTimestamp();
        try
        {
            GatewayView view = await AskAsync(address, isNew, isLeaving, since, either.Token).WaitAsync(either.Token);
            return view.IsMember ? (Renewed(sentAt), view) : (Ended(), null);
        }
        catch (StoreRefusedException e)
        {
            lease.Refused(sentAt);
            return (NotRenewed("refused", e), null);
        }
        catch (Exception e) when (e is StoreUnavailableException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            lease.Unanswered();
            return (NotRenewed("unanswered", e), null);
        }
    }

    /// <summary>Nothing of this gateway goes on: its lease ends at once.</summary>
    public async Task LeaveAsync(CancellationToken ct)
    {
        if (Self is { } self)
        {
            await store.LeaveAsync(self.Id, ct);
            lease.End();
        }
    }

    private async Task<GatewayView> AskAsync(string address, bool isNew, bool isLeaving, long since, CancellationToken ct)
    {
        if (Self is null)
        {
            var self = new GatewayMember(Guid.CreateVersion7(time.GetUtcNow()), address, IsLeaving: false);
            await store.JoinAsync(self, takesOver: isNew, ct);
            Self = self;
            board.OwnAddress = address;
        }

        // A late answer of a renewal that was given up is nobody's; the next one says the same.
        Self = Self with { IsLeaving = isLeaving };
        return await store.RenewAsync(Self, since, ct);
    }

    private Renewal Renewed(long sentAt)
    {
        lease.Renewed(sentAt);
        metrics.Renewed("renewed");
        if (!_lapsed)
        {
            return Renewal.Renewed;
        }

        _lapsed = false;
        LogHeldAgain();
        return Renewal.HeldAgain;
    }

    private Renewal Ended()
    {
        LogEnded();
        metrics.Renewed("ended");
        Self = null;
        return Renewal.Ended;
    }

    private Renewal NotRenewed(string how, Exception e)
    {
        metrics.Renewed(how);
        if (lease.OverFor is not { } over)
        {
            return Renewal.Unknown;
        }

        if (!_lapsed)
        {
            _lapsed = true;
            LogLapsed(e);
        }

        // With the time of one renewal to spare.
        return over >= lease.Terms.Rest - lease.Terms.RenewEvery ? Renewal.Over : Renewal.Unknown;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The lease of this gateway could not be renewed in time and it is not known whether others take over: it gives out no slots until it is")]
    private partial void LogLapsed(Exception reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The lease of this gateway is held again")]
    private partial void LogHeldAgain();

    [LoggerMessage(Level = LogLevel.Error, Message = "The lease of this gateway was ended by another, which takes over its apps; it joins again")]
    private partial void LogEnded();
}
