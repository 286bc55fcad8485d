using InterCluster.Core.Naming;

namespace InterCluster.Api.Deploy;

/// <summary><c>[*.deployment]</c>.</summary>
internal sealed record DeploymentTable(string Name, bool DisableAuth, string? Folder)
{
    public static DeploymentTable Read(AppFileSection section)
    {
        section.Required("name", "the app's name");
        string? name = section.Text("name", n => Names.IsApp(n), "1 to 63 of a-z, 0-9 and hyphens, with no hyphen at either end");
        bool disableAuth = section.Switch("disable_auth");
        string? folder = section.Text("folder", f => f.Length > 0, "a path", AppFileKeys.OursOnly);
        section.Ignore(
            "python_version", "include", "exclude", "shell_commands", "pre_build_commands", "docker_base_image_url", "use_uv",
            "deployment_initialization_timeout", "dockerfile_path");
        return new DeploymentTable(name ?? "", disableAuth, folder);
    }
}
