using InterCluster.Api.Webhooks;

namespace InterCluster.Api.Tests.Webhooks;

[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class WebhookKeyFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("intercluster-").FullName;

    private string Path => System.IO.Path.Combine(_folder, "deeper", "webhook-key");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void It_is_made_once_for_its_owner_only_and_read_again()
    {
        byte[] key = Assert.Single(WebhookKeyFile.ReadOrCreate(Path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path));
        Assert.Equal(key, Assert.Single(WebhookKeyFile.ReadOrCreate(Path)));

        File.WriteAllText(Path, $"{Convert.ToBase64String(new byte[32])}\n{File.ReadAllText(Path)}");
        Assert.Equal([new byte[32], key], WebhookKeyFile.ReadOrCreate(Path));
    }

    [Theory]
    [InlineData("")]
    [InlineData("not base64!")]
    [InlineData("c2hvcnQ=")]
    public void What_holds_no_key_is_refused(string text)
    {
        WebhookKeyFile.ReadOrCreate(Path);
        File.WriteAllText(Path, text);
        Assert.Throws<InvalidOperationException>(() => WebhookKeyFile.ReadOrCreate(Path));
    }

    [Fact]
    public void Keys_of_a_setting_are_read_in_their_order()
    {
        string zero = Convert.ToBase64String(new byte[32]);
        string other = Convert.ToBase64String([.. Enumerable.Repeat((byte)7, 32)]);
        Assert.Equal([7, 0], WebhookKeyFile.Parse($"{other}, {zero}", ',')!.Select(k => k[0]));
        Assert.Null(WebhookKeyFile.Parse($"{zero},short", ','));
        Assert.Null(WebhookKeyFile.Parse("", ','));
    }

    [Fact]
    public void One_that_others_can_read_is_refused()
    {
        WebhookKeyFile.ReadOrCreate(Path);
        File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        Assert.Throws<InvalidOperationException>(() => WebhookKeyFile.ReadOrCreate(Path));
    }
}
