using InterCluster.Core.Naming;

namespace InterCluster.Core.Gateways;

/// <summary>
/// Where gateways keep their leases and which of them is the home of which app. Time is the database's. A gateway is an app's home from its own confirmed
/// <see cref="ClaimAsync"/> on, for as long as its lease is held, until it releases it. Everything here fails with <see cref="StoreUnavailableException"/>.
/// </summary>
public interface IHomeStore
{
    /// <summary>Another gateway changed homes, or what it still holds. Handlers must not block.</summary>
    event Action? Changed;

    /// <summary>Begins a lease.</summary>
    /// <param name="self">The gateway.</param>
    /// <param name="takesOver">True for a process that has just begun to listen at its address: whoever had a lease there before, and is not leaving, has gone.</param>
    /// <param name="ct">Ends waiting.</param>
    Task JoinAsync(GatewayMember self, bool takesOver, CancellationToken ct);

    /// <summary>Renews the lease and looks around. Fails with <see cref="StoreRefusedException"/> when the database says that it serves nobody.</summary>
    /// <param name="self">The gateway.</param>
    /// <param name="since">The version of the homes that are known already.</param>
    /// <param name="ct">Ends waiting.</param>
    Task<GatewayView> RenewAsync(GatewayMember self, long since, CancellationToken ct);

    /// <summary>Takes the homes of those apps that are nobody's, each under a higher epoch.</summary>
    Task<IReadOnlyList<HomeClaim>> ClaimAsync(Guid gateway, IReadOnlyList<AppId> apps, CancellationToken ct);

    /// <summary>Gives homes up, together with the slots that calls of theirs still hold. Homes that are not this gateway's are passed over.</summary>
    Task ReleaseAsync(Guid gateway, IReadOnlyList<AppId> apps, IReadOnlyList<HeldSlots> held, CancellationToken ct);

    /// <summary>Puts these in place of all slots that the gateway was known to hold.</summary>
    Task ReportAsync(Guid gateway, IReadOnlyList<HeldSlots> held, CancellationToken ct);

    /// <summary>Ends the lease: nothing of this gateway goes on.</summary>
    Task LeaveAsync(Guid gateway, CancellationToken ct);
}

/// <summary>What a gateway sees when it has renewed.</summary>
/// <param name="IsMember">False: its lease was ended, and nothing that it held is its own any more.</param>
/// <param name="Members">The gateways, this one too.</param>
/// <param name="NextEnd">When the next lease of another is over if it is not renewed; null without one.</param>
/// <param name="Homes">The homes that changed.</param>
/// <param name="Version">The version that they come to.</param>
/// <param name="Held">What gateways still hold of apps whose home this one is.</param>
public sealed record GatewayView(
    bool IsMember, IReadOnlyList<GatewayMember> Members, TimeSpan? NextEnd, IReadOnlyList<AppHome> Homes, long Version, IReadOnlyList<HeldSlots> Held);

/// <summary>An app's home.</summary>
/// <param name="App">The app.</param>
/// <param name="Gateway">The gateway that took it; null when it is nobody's.</param>
/// <param name="Epoch">Higher with every gateway that takes it.</param>
public readonly record struct AppHome(AppId App, Guid? Gateway, long Epoch);

/// <summary>A home that was taken.</summary>
/// <param name="Home">The home.</param>
/// <param name="WasLost">True when the one before did not hand it over: its calls may still be in replicas that run elsewhere.</param>
/// <param name="Held">What others still hold of it.</param>
public sealed record HomeClaim(AppHome Home, bool WasLost, IReadOnlyList<HeldSlots> Held);

/// <summary>Slots of a replica that runs elsewhere, held by calls that came in before the app's home moved.</summary>
/// <param name="App">The app.</param>
/// <param name="Address">The replica's address.</param>
/// <param name="Slots">How many.</param>
public readonly record struct HeldSlots(AppId App, string Address, int Slots);
