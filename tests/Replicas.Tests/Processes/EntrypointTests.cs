using InterCluster.Replicas.Processes;

namespace InterCluster.Replicas.Tests.Processes;

public sealed class EntrypointTests
{
    [Theory]
    [InlineData("{port}", "20001")]
    [InlineData("$PORT", "20001")]
    [InlineData("${PORT}", "20001")]
    [InlineData("$PORT$PORT", "2000120001")]
    [InlineData("http://*:${PORT}/x", "http://*:20001/x")]
    [InlineData("$PORT/", "20001/")]
    [InlineData("$PORTAL", "$PORTAL")]
    [InlineData("$PORT_2", "$PORT_2")]
    [InlineData("$port", "$port")]
    [InlineData("8000", "20001")]
    [InlineData("--port=8000", "--port=20001")]
    [InlineData("0.0.0.0:8000", "0.0.0.0:20001")]
    [InlineData("18000", "18000")]
    [InlineData("80001", "80001")]
    [InlineData("8000/tcp", "8000/tcp")]
    [InlineData("-p8000", "-p8000")]
    [InlineData("", "")]
    public void An_argument_gets_the_port_where_it_is_meant(string argument, string expected) =>
        Assert.Equal(["8000", expected], Entrypoint.WithPort(["8000", argument], 8000, 20001));

    [Fact]
    public void Without_a_configured_port_numbers_are_left_alone() =>
        Assert.Equal(["a", "0", "8000"], Entrypoint.WithPort(["a", "0", "8000"], 0, 20001));

    [Fact]
    public void A_program_is_looked_for_in_the_folder_then_on_the_path()
    {
        using var folder = new TempFolder();
        string own = folder.Program("sh");
        string nested = folder.Program("bin/run");

        Assert.Equal(own, Entrypoint.Find("sh", folder.Path, "/bin"));
        Assert.Equal("/bin/cat", Entrypoint.Find("cat", folder.Path, "/nowhere:/bin"));
        Assert.Equal(nested, Entrypoint.Find("bin/run", folder.Path, "/bin"));
        Assert.Equal("/bin/cat", Entrypoint.Find("/bin/cat", folder.Path, ""));
        Assert.Null(Entrypoint.Find("bin/cat", folder.Path, "/:/bin"));
        Assert.Null(Entrypoint.Find("no-such-program", folder.Path, "/bin"));
    }

    private sealed class TempFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("intercluster-").FullName;

        public string Program(string name)
        {
            string file = System.IO.Path.Combine(Path, name);
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(file)!);
            File.WriteAllText(file, "");
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            return file;
        }

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
