using System.Xml.Linq;
using Xunit;

namespace InterCluster.Architecture.Tests;

public sealed class ArrowsTests
{
    private static readonly string[] Folders = ["src", "tests", "examples", "bench"];

    [Fact]
    public void Every_project_under_src_keeps_to_the_arrows()
    {
        IEnumerable<string> violations = Repository.ProjectsUnder("src").Select(ProjectFile.Read).SelectMany(Arrows.Violations);

        Assert.Empty(violations);
    }

    [Fact]
    public void Every_project_of_the_table_exists()
    {
        IEnumerable<string> found = Repository.ProjectsUnder("src").Select(path => ProjectFile.Read(path).Name);

        Assert.Equal(Arrows.Projects.Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        string solution = File.ReadAllText(Path.Combine(Repository.Root, "InterCluster.sln")).Replace('\\', '/');
        IEnumerable<string> missing = Folders
            .SelectMany(Repository.ProjectsUnder)
            .Select(path => Path.GetRelativePath(Repository.Root, path).Replace('\\', '/'))
            .Where(path => !solution.Contains($"\"{path}\"", StringComparison.Ordinal));

        Assert.Empty(missing);
    }

    [Theory]
    [InlineData("Api", "Workers", "Api may not reference Workers")]
    [InlineData("Api", "Server", "Api may not reference Server")]
    [InlineData("Core", "Storage", "Core may not reference Storage")]
    [InlineData("Cli", "Api", "Cli may not reference Api")]
    [InlineData("Extra", "Core", "Extra is not in the table of projects")]
    public void A_new_arrow_is_named(string from, string to, string expected) =>
        Assert.Contains(expected, Arrows.Violations(Made(from, $"""<ProjectReference Include="..\{to}\InterCluster.{to}.csproj" />""")));

    [Theory]
    [InlineData("""<PackageReference Include="Dapper" />""")]
    [InlineData("""<FrameworkReference Include="Microsoft.AspNetCore.App" />""")]
    public void Core_with_a_package_or_a_framework_is_refused(string item) =>
        Assert.Contains("Core may use nothing beyond the base class library", Arrows.Violations(Made("Core", item)));

    [Fact]
    public void A_second_host_is_refused() =>
        Assert.Contains("Workers may not be an executable", Arrows.Violations(Made("Workers", "<OutputType>Exe</OutputType>")));

    private static ProjectFile Made(string name, string content) =>
        ProjectFile.Parse($"InterCluster.{name}", XDocument.Parse($"""<Project Sdk="Microsoft.NET.Sdk"><G>{content}</G></Project>"""));
}
