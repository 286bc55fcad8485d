using System.Net.Http.Headers;

namespace Examples.Answer;

/// <summary>
/// Puts this app's token on each call. The file is read again every time: the token is renewed long before it ends, and a read of a
/// small local file costs some microseconds.
/// </summary>
internal sealed class AppToken(Surroundings surroundings) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        string token = await File.ReadAllTextAsync(surroundings.TokenFile, cancellationToken);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Trim());
        return await base.SendAsync(request, cancellationToken);
    }
}
