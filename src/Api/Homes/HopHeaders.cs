using System.Text.Json;
using InterCluster.Core.Identity;
using InterCluster.Core.Wire;

namespace InterCluster.Api.Homes;

/// <summary>
/// What one gateway tells another about a call that it passes on. The names are reserved (<see cref="Forwarding.HeaderRules.IsReserved"/>): none of a client's
/// passes a gateway, and none counts without the credential.
/// </summary>
internal static class HopHeaders
{
    /// <summary>Stands before the target of a call that was passed on. What follows is the call's own.</summary>
    public const string Prefix = "/internal/hop";

    public const string Credential = WireHeaders.Prefix + "Hop";
    public const string Run = WireHeaders.Prefix + "Hop-Run";
    public const string Caller = WireHeaders.Prefix + "Hop-Caller";
    public const string Client = WireHeaders.Prefix + "Hop-Client";
    public const string Host = WireHeaders.Prefix + "Hop-Host";
    public const string Scheme = WireHeaders.Prefix + "Hop-Scheme";
    public const string Length = WireHeaders.Prefix + "Hop-Length";
    public const string Parent = WireHeaders.Prefix + "Hop-Parent";

    /// <summary>In an answer: the gateway's own, not a replica's.</summary>
    public const string Refused = WireHeaders.Prefix + "Hop-Refused";

    /// <summary>The value of <see cref="Refused"/> of a gateway that is not the app's home: no replica has seen the call.</summary>
    public const string NotHome = "not-home";

    public static string Write(Caller caller) => Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(caller, WireJson.Options));

    public static Caller? ReadCaller(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<Caller>(Convert.FromBase64String(text), WireJson.Options);
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            return null;
        }
    }
}
