using System.Collections.Frozen;
using InterCluster.Api.Forwarding;
using InterCluster.Api.Gateway;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace InterCluster.Api.Runs;

/// <summary>Which headers of a call and of an answer are kept with a run.</summary>
internal static class StoredHeaders
{
    // Framing, which is made anew from the stored body, and what asked for the run.
    private static readonly FrozenSet<string> DroppedFromCalls = FrozenSet.ToFrozenSet(["Content-Length", "Prefer", "Trailer"], StringComparer.OrdinalIgnoreCase);

    // Hop by hop (RFC 9110, 7.6.1), framing, and what speaks for the origin that sends it: a stored answer is sent by our own.
    private static readonly FrozenSet<string> DroppedFromAnswers = FrozenSet.ToFrozenSet(
        [
            "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Content-Length",
            "Set-Cookie", "Clear-Site-Data", "Strict-Transport-Security", "Alt-Svc", "WWW-Authenticate", WireHeaders.RequestId,
        ],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>The headers that the app gets: those of the sync call.</summary>
    public static List<StoredHeader> OfCall(IncomingCall call)
    {
        HttpRequest request = call.Http.Request;
        var kept = new List<StoredHeader>(request.Headers.Count + 8);
        foreach ((string name, StringValues values) in HeaderRules.EndToEnd(request.Headers, call.Route!.AuthDisabled))
        {
            if (!DroppedFromCalls.Contains(name))
            {
                kept.AddRange(values.Select(v => new StoredHeader(name, v ?? "")));
            }
        }

        AddOurs(kept, call, request);
        return kept;
    }

    /// <summary>The headers of a function's answer that are kept as its result.</summary>
    public static List<StoredHeader> OfAnswer(HttpResponseMessage answer)
    {
        StringValues nominated = answer.Headers.Connection.ToArray();
        var kept = new List<StoredHeader>();
        foreach (var header in answer.Headers.NonValidated.Concat(answer.Content.Headers.NonValidated))
        {
            if (!DroppedFromAnswers.Contains(header.Key) && !HeaderRules.IsReserved(header.Key) && !HeaderRules.IsNominated(nominated, header.Key))
            {
                kept.AddRange(header.Value.Select(v => new StoredHeader(header.Key, v)));
            }
        }

        return kept;
    }

    private static void AddOurs(List<StoredHeader> kept, IncomingCall call, HttpRequest request)
    {
        string host = request.Host.Value ?? "";
        kept.Add(new("Host", host));
        kept.Add(new("X-Forwarded-For", call.Context.RemoteAddress));
        kept.Add(new("X-Forwarded-Proto", request.Scheme));
        kept.Add(new("X-Forwarded-Host", host));
        kept.Add(new("X-Forwarded-Prefix", call.Route!.Prefix));
        if (call.Caller is { } caller)
        {
            kept.Add(new(WireHeaders.Project, caller.Project));
            kept.Add(new(WireHeaders.Caller, caller.Name));
        }

        if (request.Headers.TryGetValue(WireHeaders.RequestId, out StringValues parent) && RequestIds.IsAcceptable(parent))
        {
            kept.Add(new(WireHeaders.ParentRequestId, parent[0]!));
        }
    }
}
