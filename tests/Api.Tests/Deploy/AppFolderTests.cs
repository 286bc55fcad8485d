using System.Runtime.Versioning;
using InterCluster.Api.Deploy;

namespace InterCluster.Api.Tests.Deploy;

[UnsupportedOSPlatform("windows")]
public sealed class AppFolderTests : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Everybody = Private | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("ic-folder-");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public void A_private_folder_is_taken_as_it_is() => Assert.Equal(Make("app"), Resolve(Path.Combine(_root.FullName, "app")));

    [Fact]
    public void The_folder_of_the_file_is_below_that_of_the_request_or_absolute()
    {
        string inner = Make("app/inner");

        Assert.Equal(inner, Resolve(Path.Combine(_root.FullName, "app"), "./inner"));
        Assert.Equal(inner, Resolve("/", inner));
        Assert.Equal(inner, Resolve(null, inner));
    }

    [Fact]
    public void Links_are_followed_once_and_for_all()
    {
        string app = Make("real/app");
        Directory.CreateSymbolicLink(Path.Combine(_root.FullName, "link"), Path.Combine(_root.FullName, "real"));
        Directory.CreateSymbolicLink(Path.Combine(_root.FullName, "again"), "link/app");

        Assert.Equal(app, Resolve(Path.Combine(_root.FullName, "link", "app")));
        Assert.Equal(app, Resolve(Path.Combine(_root.FullName, "again")));
    }

    [Fact]
    public void A_loop_of_links_is_refused()
    {
        Directory.CreateSymbolicLink(Path.Combine(_root.FullName, "a"), "b");
        Directory.CreateSymbolicLink(Path.Combine(_root.FullName, "b"), "a");

        Assert.Contains("must be a folder that is there", Refusal(Path.Combine(_root.FullName, "a")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_or_nothing_is_not_a_folder()
    {
        string file = Path.Combine(_root.FullName, "file");
        File.WriteAllText(file, "");

        Assert.Contains("must be a folder that is there", Refusal(file), StringComparison.Ordinal);
        Assert.Contains("must be a folder that is there", Refusal(file + "/x"), StringComparison.Ordinal);
        Assert.Contains("must be a folder that is there", Refusal(Path.Combine(_root.FullName, "nothing")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "missing")]
    [InlineData("", "missing")]
    [InlineData("relative/app", "absolute")]
    [InlineData("~/app", "absolute")]
    [InlineData("/tmp/../etc", "\\u0022..\\u0022")]
    [InlineData("/tmp/\0", "absolute")]
    public void A_path_that_says_less_or_more_than_one_folder_is_refused(string? folder, string word)
    {
        string refusal = Refusal(folder);

        Assert.Contains(word.Replace("\\u0022", "\"", StringComparison.Ordinal), refusal, StringComparison.Ordinal);
    }

    [Fact] // I36
    public void A_folder_that_everybody_can_write_to_is_refused()
    {
        string app = Make("app");
        File.SetUnixFileMode(app, Everybody);

        Assert.Contains("writable by everybody", Refusal(app), StringComparison.Ordinal);
    }

    [Fact] // I36
    public void A_folder_that_somebody_could_swap_is_refused_unless_the_sticky_bit_forbids_it()
    {
        string app = Make("open/app");
        File.SetUnixFileMode(Path.Combine(_root.FullName, "open"), Everybody);
        Assert.Contains("writable by everybody", Refusal(app), StringComparison.Ordinal);

        File.SetUnixFileMode(Path.Combine(_root.FullName, "open"), Everybody | UnixFileMode.StickyBit);
        Assert.Equal(app, Resolve(app));
    }

    private string Make(string name)
    {
        string path = Path.Combine(_root.FullName, name);
        Directory.CreateDirectory(path, Private);
        return path;
    }

    private static string? Resolve(string? folder, string? inFile = null) => AppFolder.Resolve(folder, inFile, new AppFileReport());

    private static string Refusal(string? folder)
    {
        var report = new AppFileReport();
        Assert.Null(AppFolder.Resolve(folder, null, report));
        return Assert.Single(report.Errors);
    }
}
