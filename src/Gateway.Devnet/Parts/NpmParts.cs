using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Gateway.Devnet.Parts;

/// <summary>What comes from npm, pinned by the lock file: the anvil binary, and the compiled contracts of Superfluid.</summary>
/// <remarks>
/// Installed once per user and lock file. The folder is made beside its final place and renamed when it is complete: an interrupted install leaves nothing
/// that is taken for whole, and of two processes that install at once one renames and the other takes what is there then.
/// </remarks>
internal sealed class NpmParts
{
    private const string Manifest = "package.json";
    private const string Lock = "package-lock.json";
    private const string Contracts = "@superfluid-finance/ethereum-contracts";

    /// <summary>Of the contracts' package, what nothing here reads: nine tenths of it.</summary>
    private static readonly string[] Unused = ["build/truffle", "build/hardhat/build-info", "contracts"];

    /// <summary>A folder that was left by an interrupted install and is surely nobody's any more.</summary>
    private static readonly TimeSpan Abandoned = TimeSpan.FromDays(1);

    private readonly string _modules;

    private NpmParts(string folder) => _modules = Path.Combine(folder, "node_modules");

    public string AnvilExecutable => Path.Combine(_modules, "@foundry-rs", $"anvil-{Platform}", "bin", "anvil");

    /// <summary>The package's folder: artifacts stand in it under <c>build/hardhat/</c>.</summary>
    public string ContractsFolder => Path.Combine(_modules, Contracts);

    private static string Platform => (OperatingSystem.IsMacOS() ? "darwin" : "linux") + (RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "-arm64" : "-amd64");

    /// <summary>Finds what was installed before, or installs it.</summary>
    /// <param name="progress">Told in words what takes time.</param>
    /// <exception cref="DevnetException">Node is missing, npm failed, or this is Windows.</exception>
    public static Task<NpmParts> GetAsync(Action<string> progress, TimeProvider time, CancellationToken cancellationToken) =>
        GetAsync(DefaultCache(), progress, time, cancellationToken);

    /// <param name="cache">Where installed parts are kept.</param>
    internal static async Task<NpmParts> GetAsync(string cache, Action<string> progress, TimeProvider time, CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsWindows())
            throw new DevnetException("The devnet runs on Linux and macOS; on Windows start it inside WSL.");
        var folder = Path.Combine(cache, $"{LockHash()}-{Platform}");
        if (!Directory.Exists(folder))
            await InstallAsync(folder, progress, time, cancellationToken);
        return new NpmParts(folder);
    }

    private static async Task InstallAsync(string folder, Action<string> progress, TimeProvider time, CancellationToken cancellationToken)
    {
        await Node.RequireAsync(cancellationToken);
        progress("Installing the local chain (anvil) and the Superfluid contracts from npm; this happens once…");
        var parent = Directory.CreateDirectory(Path.GetDirectoryName(folder)!); // Made of two parts: it has a parent.
        RemoveAbandoned(parent, time);
        var unfinished = parent.CreateSubdirectory($"{Path.GetFileName(folder)}.{Guid.NewGuid():N}");
        try
        {
            foreach (var file in (string[])[Manifest, Lock])
                await File.WriteAllBytesAsync(Path.Combine(unfinished.FullName, file), Embedded(file), cancellationToken);
            await CommandLineTool.RunAsync(
                "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], unfinished.FullName, cancellationToken);
            foreach (var unused in Unused)
                Directory.Delete(Path.Combine(unfinished.FullName, "node_modules", Contracts, unused), recursive: true);
            Directory.Move(unfinished.FullName, folder);
            progress($"Installed in {folder}.");
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            // Somebody else was faster: the same lock file, so the same parts.
        }
        finally
        {
            unfinished.Refresh();
            if (unfinished.Exists)
                unfinished.Delete(recursive: true);
        }
    }

    private static void RemoveAbandoned(DirectoryInfo parent, TimeProvider time)
    {
        foreach (var left in parent.EnumerateDirectories("*.*").Where(d => time.GetUtcNow() - new DateTimeOffset(d.LastWriteTimeUtc, TimeSpan.Zero) > Abandoned))
            left.Delete(recursive: true);
    }

    private static string DefaultCache()
    {
        // Empty where there is no home, as for some service accounts.
        var local = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return Path.Combine(local.Length > 0 ? local : Path.GetTempPath(), "superfluid-gateway", "devnet");
    }

    private static string LockHash() => Convert.ToHexStringLower(SHA256.HashData(Embedded(Lock)))[..16];

    private static byte[] Embedded(string file)
    {
        using var resource = typeof(NpmParts).Assembly.GetManifestResourceStream(file)
            ?? throw new DevnetException($"npm/{file} was not built into this program.");
        using var bytes = new MemoryStream();
        resource.CopyTo(bytes);
        return bytes.ToArray();
    }
}
