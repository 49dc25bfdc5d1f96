using Microsoft.Extensions.Configuration;

namespace Gateway.EndToEnd.Tests.Web;

/// <summary>The Chromium of this machine.</summary>
internal static class Browser
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

    /// <returns>Null where there is none on the path.</returns>
    public static string? Find()
    {
        var path = new ConfigurationBuilder().AddEnvironmentVariables().Build()["PATH"] ?? "";
        return path.Split(Path.PathSeparator).SelectMany(folder => Names.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
    }
}
