using System.Collections.Concurrent;
using CsCheck;
using InterCluster.Core.Naming;
using InterCluster.Core.Replicas;
using InterCluster.Replicas.Processes;

namespace InterCluster.Replicas.Tests.Processes;

/// <summary>RELIABILITY T05: folders made from names never collide and never leave the data folder.</summary>
public sealed class ReplicaFolderTests
{
    private const string Data = "/srv/data";

    // Few letters and short names: collisions would be found.
    private static readonly Gen<string> Labels = Gen.String[Gen.Char["ab-0"], 1, 5].Where(s => Names.IsApp(s));

    private static readonly Gen<AppId> Apps = Gen.Select(Labels.Select(p => "p-" + p).Where(p => Names.IsProject(p)), Labels, (project, app) => new AppId(project, app));

    [Fact]
    public void Apps_of_different_projects_share_no_folder_and_no_text()
    {
        var folders = new ConcurrentDictionary<string, AppId>();
        var texts = new ConcurrentDictionary<string, AppId>();
        Apps.Sample(
            app =>
            {
                var folder = new ReplicaFolder(Data, app, new ReplicaId("0123456789abcdef"));
                Assert.Equal(app, folders.GetOrAdd(folder.Home, app));
                Assert.Equal(app, texts.GetOrAdd(app.ToString(), app));
                foreach (string path in new[] { folder.Home, folder.Temporary, folder.Root })
                {
                    Assert.Equal(path, Path.GetFullPath(path));
                    Assert.StartsWith(Data + "/", path, StringComparison.Ordinal);
                }

                // One app's folder is never within another's.
                Assert.Equal(4, Path.GetRelativePath(Data, folder.Home).Split('/').Length);
            },
            iter: 50_000);

        Assert.InRange(folders.Count, 1000, int.MaxValue);
    }
}
