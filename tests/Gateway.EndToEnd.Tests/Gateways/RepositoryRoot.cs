namespace Gateway.EndToEnd.Tests.Gateways;

/// <summary>Tests of files that are not copied beside the tests.</summary>
internal static class RepositoryRoot
{
    public static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Gateway.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("Gateway.sln is in no folder above the tests.");
    }
}
