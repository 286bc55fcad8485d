using k8s;
using k8s.Models;
using Xunit;

namespace InterCluster.Architecture.Tests;

/// <summary>The manifests hold what Kubernetes knows and nothing else: a misspelt key is an error here, not a setting that is silently ignored.</summary>
public sealed class ManifestTests
{
    private static readonly Dictionary<string, Type> Kinds = new()
    {
        ["apps/v1/Deployment"] = typeof(V1Deployment),
        ["apps/v1/StatefulSet"] = typeof(V1StatefulSet),
        ["networking.k8s.io/v1/NetworkPolicy"] = typeof(V1NetworkPolicy),
        ["policy/v1/PodDisruptionBudget"] = typeof(V1PodDisruptionBudget),
        ["v1/Namespace"] = typeof(V1Namespace),
        ["v1/Service"] = typeof(V1Service),
        ["v1/ServiceAccount"] = typeof(V1ServiceAccount),
    };

    public static TheoryData<string> Files =>
        [.. Directory.EnumerateFiles(Folder, "*.yaml").Select(file => Path.GetFileName(file)).Where(name => name != "kustomization.yaml")];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_manifest_has_only_what_its_kind_has(string file) => Assert.NotEmpty(Read(file));

    [Fact]
    public void A_key_that_does_not_exist_is_refused() => Assert.ThrowsAny<Exception>(() => KubernetesYaml.LoadAllFromString(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: x\nspec:\n  replica: 1\n", Kinds, strict: true));

    [Fact]
    public void Every_manifest_is_in_the_kustomization()
    {
        string[] listed = File.ReadAllLines(Path.Combine(Folder, "kustomization.yaml"));

        Assert.All(Files.Select(f => f.Data), file => Assert.Contains($"  - {file}", listed));
    }

    [Fact]
    public void A_call_to_api_in_aws_reaches_the_port_of_the_gateways()
    {
        V1Service service = Assert.Single(Read("services.yaml").OfType<V1Service>(), s => s.Name() == "api");
        V1PodTemplateSpec pod = Assert.Single(Read("gateway.yaml").OfType<V1Deployment>()).Spec.Template;
        V1ServicePort port = Assert.Single(service.Spec.Ports);

        Assert.Equal("aws", Assert.Single(Read("namespace.yaml").OfType<V1Namespace>()).Name());
        Assert.All(service.Spec.Selector, label => Assert.Equal(label.Value, pod.Metadata.Labels[label.Key]));
        Assert.Equal(80, port.Port);
        Assert.Contains(Assert.Single(pod.Spec.Containers).Ports, p => p.Name == port.TargetPort.Value);
    }

    [Theory]
    [InlineData("gateway.yaml")]
    [InlineData("dispatcher.yaml")]
    [InlineData("workers.yaml")]
    public void A_role_runs_without_rights_on_a_read_only_disk(string file)
    {
        V1PodSpec pod = Assert.Single(Read(file).OfType<V1Deployment>()).Spec.Template.Spec;
        V1SecurityContext context = Assert.Single(pod.Containers).SecurityContext;

        Assert.True(pod.SecurityContext.RunAsNonRoot);
        Assert.False(pod.AutomountServiceAccountToken);
        Assert.Equal((true, false), (context.ReadOnlyRootFilesystem, context.AllowPrivilegeEscalation));
        Assert.Equal(["ALL"], context.Capabilities.Drop);
    }

    [Theory]
    [InlineData("gateway.yaml")]
    [InlineData("dispatcher.yaml")]
    [InlineData("workers.yaml")]
    public void Every_role_has_the_key_of_webhook_secrets_from_the_same_secret(string file)
    {
        V1EnvVar key = Assert.Single(
            Assert.Single(Assert.Single(Read(file).OfType<V1Deployment>()).Spec.Template.Spec.Containers).Env, e => e.Name == "InterCluster__Webhooks__SecretsKeys");

        Assert.Equal(("intercluster-webhooks", "keys", true), (key.ValueFrom.SecretKeyRef.Name, key.ValueFrom.SecretKeyRef.Key, key.ValueFrom.SecretKeyRef.Optional));
    }

    private static string Folder => Path.Combine(Repository.Root, "deploy/kubernetes/base");

    private static List<object> Read(string file) => KubernetesYaml.LoadAllFromString(File.ReadAllText(Path.Combine(Folder, file)), Kinds, strict: true);
}
