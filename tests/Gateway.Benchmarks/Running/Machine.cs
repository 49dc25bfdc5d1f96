using System.Globalization;
using System.Runtime.InteropServices;

namespace Gateway.Benchmarks.Running;

/// <summary>Where figures were measured. They are comparable within one run; between two machines only their ratios are.</summary>
internal static class Machine
{
    private const string LoadFile = "/proc/loadavg";

    public static string Describe() =>
        $"{Environment.ProcessorCount} cores for everything together, {RuntimeInformation.OSArchitecture}, {RuntimeInformation.FrameworkDescription}, load before: {Load()}";

    /// <summary>Processes that wanted to run, averaged over the last minute; what else ran here distorts times, not gas.</summary>
    public static string Load() => File.Exists(LoadFile) ? File.ReadAllText(LoadFile).Split(' ')[0] : "unknown";

    public static string Number(double value, string format = "0.0") => value.ToString(format, CultureInfo.InvariantCulture);
}
