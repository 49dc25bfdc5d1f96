using System.Globalization;

namespace Gateway.Devnet.Parts;

/// <summary>Node.js with npm, which brings the chain and the contracts.</summary>
internal static class Node
{
    /// <summary>What the chain's npm package asks for.</summary>
    private const int LeastMajor = 20;

    /// <exception cref="DevnetException">Missing or too old; says what to install.</exception>
    public static async Task RequireAsync(CancellationToken cancellationToken)
    {
        var version = await AskAsync("node", cancellationToken);
        if (MajorOf(version) is not { } major || major < LeastMajor)
            throw Missing($"node says it is {version}");
        await AskAsync("npm", cancellationToken);
    }

    /// <summary>"v20.11.1" → 20.</summary>
    internal static int? MajorOf(string version) =>
        int.TryParse(version.TrimStart('v').Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major) ? major : null;

    private static async Task<string> AskAsync(string program, CancellationToken cancellationToken)
    {
        try
        {
            return (await CommandLineTool.RunAsync(program, ["--version"], Path.GetTempPath(), cancellationToken)).Trim();
        }
        catch (DevnetException e)
        {
            throw Missing(e.Message, e);
        }
    }

    private static DevnetException Missing(string found, Exception? inner = null) =>
        new($"The devnet needs Node.js {LeastMajor} or newer with npm, once, to install the local chain and the Superfluid contracts: {found}.", inner);
}
