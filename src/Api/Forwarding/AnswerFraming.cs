using System.Net.Http.Headers;
using Microsoft.Net.Http.Headers;

namespace InterCluster.Api.Forwarding;

/// <summary>
/// Whether a replica's answer has a status, and says in one way only where it ends. The HTTP client is generous here; an answer that the next reader could cut
/// elsewhere is not passed on, and its connection carries no other (RELIABILITY S18).
/// </summary>
internal static class AnswerFraming
{
    /// <summary>False for a status below 200 that is not 101, Content-Length beside Transfer-Encoding, more than one length, a length that is no number, any coding but chunked.</summary>
    public static bool IsSound(HttpResponseMessage answer)
    {
        if ((int)answer.StatusCode is < 200 and not 101)
        {
            return false;
        }

        bool measured = answer.Content.Headers.NonValidated.TryGetValues(HeaderNames.ContentLength, out HeaderStringValues length);
        if (!answer.Headers.NonValidated.TryGetValues(HeaderNames.TransferEncoding, out HeaderStringValues coding))
        {
            return !measured || (length.Count == 1 && IsNumber(length.ToString()));
        }

        return !measured && coding.Count == 1 && coding.ToString().Equals("chunked", StringComparison.OrdinalIgnoreCase);
    }

    private static bool IsNumber(string text) => text.Length is > 0 and < 20 && !text.AsSpan().ContainsAnyExceptInRange('0', '9');
}
