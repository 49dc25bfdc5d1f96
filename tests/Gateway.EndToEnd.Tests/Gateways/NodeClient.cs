using Gateway.Devnet.Parts;

namespace Gateway.EndToEnd.Tests.Gateways;

/// <summary>The client in another language: node-client/ in this project, with its packages from npm.</summary>
internal static class NodeClient
{
    private static readonly SemaphoreSlim Installing = new(1, 1);
    private static bool _isInstalled;

    private static string Folder => Path.Combine(RepositoryRoot.Find(), "tests", "Gateway.EndToEnd.Tests", "node-client");

    /// <summary>Runs one of its scripts to its end.</summary>
    /// <exception cref="DevnetException">It failed; with what it said.</exception>
    public static async Task<string> RunAsync(string script, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        await InstallAsync(cancellationToken);
        return await CommandLineTool.RunAsync("node", [script, .. arguments], Folder, cancellationToken);
    }

    private static async Task InstallAsync(CancellationToken cancellationToken)
    {
        await Installing.WaitAsync(cancellationToken);
        try
        {
            if (_isInstalled)
                return;
            await Node.RequireAsync(cancellationToken);
            await CommandLineTool.RunAsync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], Folder, cancellationToken);
            _isInstalled = true;
        }
        finally
        {
            Installing.Release();
        }
    }
}
