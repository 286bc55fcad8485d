using System.Text;
using System.Text.Unicode;
using InterCluster.Api.Problems;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;

namespace InterCluster.Api.Runs;

/// <summary><c>GET dead-letters</c>: the dead runs, each with why and with the beginning of its last answer.</summary>
internal static class DeadLetters
{
    private const int MaxLimit = 100;
    private const int Shown = 4096;

    public static async Task ListAsync(HttpContext context, string project, IRunStore store)
    {
        RunQuery query = RunQuery.Of(context, "app", "function", "batch", "tag", "from", "to", "cursor", "limit");
        RunFilter filter = query.Filter(project) with { State = RunState.Dead };
        int limit = query.Number("limit", RunQuery.DefaultLimit, MaxLimit);
        RunId? before = query.Cursor(project, out bool foreign);
        if (query.Errors.Count > 0 || foreign)
        {
            await (query.Errors.Count > 0
                ? RunRequests.RefuseAsync(context, query.Errors)
                : Problem.WriteAsync(context, 404, ProblemCodes.NotFound, "There is no such page."));
            return;
        }

        RunPage page = await store.ListAsync(filter, before, limit, context.RequestAborted);
        var letters = new List<DeadLetterView>(page.Runs.Count);
        foreach (RunInfo run in page.Runs)
        {
            // One at a time: answers may be large, and only their beginnings are kept.
            RunResponse? answer = run.Status is null ? null : await store.GetResponseAsync(project, run.Id, context.RequestAborted);
            letters.Add(new DeadLetterView(RunView.From(run), answer is null ? null : Show(answer)));
        }

        string? next = page.Next is { } last ? RunCursor.Write(project, last) : null;
        await RunRequests.JsonAsync(context, new DeadLetterListView(letters, next));
    }

    private static LastAnswerView Show(RunResponse answer)
    {
        bool truncated = answer.Body.Length > Shown;
        ReadOnlySpan<byte> body = truncated ? answer.Body.Span[..Shown] : answer.Body.Span;
        ReadOnlySpan<byte> text = truncated ? WholeCharacters(body) : body;
        bool isText = Utf8.IsValid(text);
        return new LastAnswerView(
            answer.Status, answer.Headers.FirstOrDefault(h => h.Name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)).Value, answer.Body.Length,
            truncated, isText ? Encoding.UTF8.GetString(text) : null, isText ? null : Convert.ToBase64String(body));
    }

    // Less the bytes of a character that was cut in two.
    private static ReadOnlySpan<byte> WholeCharacters(ReadOnlySpan<byte> text)
    {
        int end = text.Length;
        while (end > 0 && text.Length - end < 4 && (text[end - 1] & 0xC0) == 0x80)
        {
            end--;
        }

        return end > 0 && text[end - 1] >= 0xC0 ? text[..(end - 1)] : text;
    }
}
