using System.Net;
using InterCluster.Core.Wire;

namespace InterCluster.Api.Tests.Control;

/// <summary>RELIABILITY Q09: a page whose name was made to lead here is of another origin than we are.</summary>
public sealed class AllowedHostTests
{
    [Theory]
    [InlineData("localhost", true)]
    [InlineData("LOCALHOST:8081", true)]
    [InlineData("control.localhost", true)]
    [InlineData("127.0.0.1:8081", true)]
    [InlineData("[::1]:8081", true)]
    [InlineData("10.0.0.5", true)]
    [InlineData("control.example.org", true)]
    [InlineData("Control.Example.org:8081", true)]
    [InlineData("evil.example", false)]
    [InlineData("localhost.evil.example", false)]
    [InlineData("127.0.0.1.evil.example", false)]
    [InlineData("evil.control.example.org", false)]
    [InlineData("notlocalhost", false)]
    public async Task Q09_only_our_own_names_are_answered(string host, bool taken)
    {
        await using ControlHost control = await ControlHost.StartAsync(("InterCluster:Control:AllowedHosts:0", "control.example.org"));
        foreach (string path in new[] { "/healthz", "/metrics", "/openapi/v1.json", "/nowhere" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Host = host } };
            using HttpResponseMessage response = await control.Client.SendAsync(request);

            if (taken)
            {
                Assert.NotEqual(HttpStatusCode.BadRequest, response.StatusCode);
            }
            else
            {
                await ControlHost.ProblemAsync(response, 400, ProblemCodes.InvalidRequest);
            }
        }
    }
}
