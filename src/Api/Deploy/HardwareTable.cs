using InterCluster.Core.Apps;

namespace InterCluster.Api.Deploy;

/// <summary><c>[*.hardware]</c>.</summary>
internal static class HardwareTable
{
    private const string NoGpu = "CPU";

    public static HardwareConfig Read(AppFileSection section)
    {
        bool gpu = AsksForGpu(section);
        var hardware = new HardwareConfig
        {
            Cpu = section.Number("cpu", 0.001, 1024),
            MemoryGb = section.Number("memory", 0.001, 65536),
            GpuCount = (int)section.Whole("gpu_count", gpu ? 1 : 0, 0, 64),
        };
        section.Ignore("provider", "region");
        return hardware;
    }

    /// <summary>A type, or a list of types by preference: the first one counts.</summary>
    private static bool AsksForGpu(AppFileSection section)
    {
        if (!section.TryTake("compute", out object? value))
        {
            return false;
        }

        object? first = value is List<object?> list ? list.FirstOrDefault() : value;
        if (first is not string { Length: > 0 } compute || (value is List<object?> all && !all.TrueForAll(v => v is string)))
        {
            section.Report.Wrong(section.PathOf("compute"), value, "\"CPU\", a type, or a list of types");
            return false;
        }

        if (compute == NoGpu)
        {
            return false;
        }

        section.Ignore("compute");
        return true;
    }
}
