using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Gateway.Devnet.World;

namespace Gateway.Testing.Gateways;

/// <summary>A gateway as it is run in production: the executable in a process of its own, which can be killed.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();

    private ServerProcess(Process process)
    {
        _process = process;
        _process.OutputDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        _process.ErrorDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>What it has said so far: for the message of a test that fails.</summary>
    public string Output => string.Join('\n', _output);

    /// <summary>What it has used of all cores together.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Memory that it holds now.</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Starts <c>serve</c> with the environment that devnet.json gives; it is ready when this returns.</summary>
    public static async Task<ServerProcess> StartAsync(
        DevnetWorld world, CancellationToken cancellationToken, params IEnumerable<KeyValuePair<string, string>> more)
    {
        var server = new ServerProcess(Process.Start(StartOf(world, more))!); // Null only with UseShellExecute.
        try
        {
            var own = more.FirstOrDefault(m => string.Equals(m.Key, "Gateway__Http__Url", StringComparison.Ordinal)).Value;
            await server.ReadyAsync(own is null ? world.HttpUrl : new Uri(own), cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>As the kernel would for want of memory: no word of warning, nothing finished.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>As a virtual machine that is migrated, or a process whose host swaps: it does not know that time passes.</summary>
    public Task FreezeAsync() => SignalAsync("STOP");

    /// <summary>It goes on where it was.</summary>
    public Task ThawAsync() => SignalAsync("CONT");

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }

    private async Task SignalAsync(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(CancellationToken.None);
        if (kill.ExitCode != 0)
            throw new InvalidOperationException($"The process could not be sent {name}.");
    }

    private static ProcessStartInfo StartOf(DevnetWorld world, IEnumerable<KeyValuePair<string, string>> more)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Gateway.Server.dll"), "serve"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var (key, value) in GatewaySettings.AsEnvironment(GatewaySettings.Of(world)))
            start.Environment[key] = value;
        foreach (var (key, value) in more)
            start.Environment[key] = value;
        return start;
    }

    private async Task ReadyAsync(Uri httpUrl, CancellationToken cancellationToken)
    {
        using var http = new HttpClient(new SocketsHttpHandler(), disposeHandler: true);
        while (true)
        {
            if (_process.HasExited)
                throw new InvalidOperationException($"The gateway ended with {_process.ExitCode}:\n{Output}");
            try
            {
                using var answer = await http.GetAsync(new Uri(httpUrl, "readyz"), cancellationToken);
                if (answer.StatusCode == HttpStatusCode.OK)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(PollInterval, TimeProvider.System, cancellationToken);
        }
    }
}
