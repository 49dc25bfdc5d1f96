using System.Diagnostics;
using System.Globalization;

namespace Gateway.Testing.Redis;

/// <summary>A redis-server process on a free port, with its files in a folder of its own.</summary>
public sealed class ProcessRedis : IRedisServer
{
    private static readonly string[] Names = ["redis-server", "valkey-server"];

    private readonly Process _process;
    private readonly DirectoryInfo _folder;

    private bool _isGone;

    private ProcessRedis(Process process, DirectoryInfo folder, int port)
    {
        _process = process;
        _folder = folder;
        Port = port;
    }

    /// <summary>The server's executable; null where this machine has none.</summary>
    public static string? Executable { get; } = Find();

    public string Kind => "process";

    public int Port { get; }

    public string Connection => RedisReadiness.Local(Port);

    /// <param name="more">Further settings, as on its command line.</param>
    public static async Task<ProcessRedis> StartAsync(CancellationToken cancellationToken, params string[] more)
    {
        var port = RedisReadiness.FreePort();
        var folder = Directory.CreateTempSubdirectory("gateway-redis-");
        var start = new ProcessStartInfo(Executable ?? throw new FileNotFoundException("There is no redis-server on this machine.")) { RedirectStandardOutput = true, UseShellExecute = false };
        string[] settings =
        [
            "--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", "--appendonly", "yes",
            "--dir", folder.FullName, "--daemonize", "no", .. more,
        ];
        foreach (var setting in settings)
            start.ArgumentList.Add(setting);
        var process = Process.Start(start)!; // Null only with UseShellExecute.
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        var server = new ProcessRedis(process, folder, port);
        try
        {
            await using var ready = await RedisReadiness.ConnectAsync(server.Connection, cancellationToken);
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }

        return server;
    }

    /// <summary>As the kernel kills it. Twice is once.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isGone)
            return;
        _isGone = true;
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private static string? Find() => (TestSettings.Get("PATH") ?? "")
        .Split(Path.PathSeparator)
        .SelectMany(folder => Names.Select(name => Path.Combine(folder, name)))
        .FirstOrDefault(File.Exists);
}
