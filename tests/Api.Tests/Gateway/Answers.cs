using System.Net.Http.Json;
using InterCluster.Core.Admission;
using InterCluster.Core.Wire;

namespace InterCluster.Api.Tests.Gateway;

/// <summary>What the tests of the gateway ask of answers and of admission again and again.</summary>
internal static class Answers
{
    /// <summary>The answer is the gateway's own error of this status and code.</summary>
    public static async Task<ProblemView> AssertProblemAsync(this HttpResponseMessage response, int status, string code)
    {
        string body = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == status, $"{(int)response.StatusCode} {body}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        ProblemView problem = (await response.Content.ReadFromJsonAsync<ProblemView>(WireJson.Options))!;
        Assert.Equal(code, problem.Code);
        return problem;
    }

    /// <summary>Completes when the next call begins to wait: ask for it before that call is made.</summary>
    public static Task NextWaiterAsync(this IAdmission admission)
    {
        TaskCompletionSource waiting = Waits.Signal();
        void Seen(IAdmission _)
        {
            admission.Waiting -= Seen;
            waiting.TrySetResult();
        }

        admission.Waiting += Seen;
        return waiting.Task.Within();
    }
}
