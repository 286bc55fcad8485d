using System.Xml.Linq;

namespace InterCluster.Architecture.Tests;

/// <summary>What the rules need to know of a .csproj. Names are the short ones: <c>Core</c>, not <c>InterCluster.Core</c>.</summary>
internal sealed record ProjectFile(string Name, IReadOnlyList<string> References, bool IsExecutable, bool UsesPackagesOrFrameworks)
{
    public static ProjectFile Read(string path) => Parse(Path.GetFileNameWithoutExtension(path), XDocument.Load(path));

    public static ProjectFile Parse(string name, XDocument xml) => new(
        Short(name),
        [.. Items(xml, "ProjectReference").Select(path => Short(Path.GetFileNameWithoutExtension(path.Replace('\\', '/'))))],
        xml.Descendants("OutputType").Any(type => string.Equals(type.Value, "Exe", StringComparison.OrdinalIgnoreCase)),
        Items(xml, "PackageReference").Concat(Items(xml, "FrameworkReference")).Any() || xml.Root?.Attribute("Sdk")?.Value != "Microsoft.NET.Sdk");

    private static IEnumerable<string> Items(XDocument xml, string item) =>
        xml.Descendants(item).Select(element => element.Attribute("Include")?.Value).OfType<string>();

    private static string Short(string name) => name.StartsWith("InterCluster.", StringComparison.Ordinal) ? name["InterCluster.".Length..] : name;
}
