using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using InterCluster.Api.Invocations;
using InterCluster.Core.Wire;
using Microsoft.Extensions.Options;

namespace InterCluster.Api.Homes;

/// <summary>Asks over the connections that calls are passed on by, under the same credential.</summary>
internal sealed class OtherGateways(HomeBoard board, WorkerCredentials credentials, IOptions<HomesOptions> options, TimeProvider time) : IOtherGateways
{
    // A gateway of a newer version may say more.
    private static readonly JsonSerializerOptions Lenient = new(WireJson.Options) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip };

    public async ValueTask<GatewayAnswers<T>> AskAsync<T>(string pathAndQuery, IReadOnlySet<string>? only, CancellationToken ct)
    {
        GatewayPeer[] asked = [.. board.Peers.Where(p => only is null || only.Contains(p.Address)).OrderBy(p => p.Address, StringComparer.Ordinal)];
        if (asked.Length == 0)
        {
            return GatewayAnswers<T>.None;
        }

        string credential = await credentials.MakeAsync(ct);
        using var limit = new CancellationTokenSource(options.Value.AnswerWithin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        Answer<T>[] answers = await Task.WhenAll(asked.Select(peer => AskAsync<T>(peer, pathAndQuery, credential, either.Token)));
        ct.ThrowIfCancellationRequested();
        string[] unanswered = [.. answers.Where(a => !a.Came).Select(a => a.Address)];
        return new GatewayAnswers<T>([.. answers.Where(a => a.Came).Select(a => a.Value!)], unanswered.Length > 0 ? unanswered : null);
    }

    private static async Task<Answer<T>> AskAsync<T>(GatewayPeer peer, string pathAndQuery, string credential, CancellationToken ct)
    {
        try
        {
            using var question = new HttpRequestMessage(HttpMethod.Get, peer.Address.TrimEnd('/') + pathAndQuery);
            question.Headers.TryAddWithoutValidation(HopHeaders.Credential, credential);
            using HttpResponseMessage response = await peer.Invoker.SendAsync(question, ct);
            T? value = response.StatusCode == HttpStatusCode.OK ? await response.Content.ReadFromJsonAsync<T>(Lenient, ct) : default;
            return new Answer<T>(peer.Address, value is not null, value);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException or OperationCanceledException or ObjectDisposedException)
        {
            // Named in the answer. What becomes of a gateway is the lease's business.
            return new Answer<T>(peer.Address, false, default);
        }
    }

    private readonly record struct Answer<T>(string Address, bool Came, T? Value);
}
