using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Gateway.Devnet.Parts;

namespace Gateway.EndToEnd.Tests.Devnet;

/// <summary><c>Gateway.Devnet up</c> as somebody starts it: a process of its own, known by nothing but its ready file.</summary>
internal sealed class UpProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly DirectoryInfo _folder;
    private readonly ConcurrentQueue<string> _output = new();

    private UpProcess(Process process, DirectoryInfo folder)
    {
        _process = process;
        _folder = folder;
        process.OutputDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string ReadyFile => ReadyFileIn(_folder);

    public string Output => string.Join('\n', _output);

    /// <summary>Starts it, and waits for the ready file to appear or for the process to end.</summary>
    /// <exception cref="InvalidOperationException">It ended; with what it said.</exception>
    public static async Task<(UpProcess Up, JsonElement Ready)> StartAsync(CancellationToken cancellationToken, params IEnumerable<string> options)
    {
        var folder = Directory.CreateTempSubdirectory("gateway-up-");
        using var watcher = new FileSystemWatcher(folder.FullName, Path.GetFileName(ReadyFileIn(folder)));
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        watcher.Renamed += (_, _) => ready.TrySetResult();
        watcher.EnableRaisingEvents = true;
        var up = new UpProcess(Process.Start(StartOf(folder, options))!, folder); // Null only with UseShellExecute.
        if (await Task.WhenAny(ready.Task, up._process.WaitForExitAsync(cancellationToken)) == ready.Task)
            return (up, JsonDocument.Parse(await File.ReadAllTextAsync(up.ReadyFile, cancellationToken)).RootElement);
        await up.DisposeAsync();
        throw new InvalidOperationException($"up ended by itself:\n{up.Output}");
    }

    /// <summary>As a service manager asks: SIGTERM. Ctrl-C is taken the same way.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> StopAsync(CancellationToken cancellationToken)
    {
        await CommandLineTool.RunAsync("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)], _folder.FullName, cancellationToken);
        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode;
    }

    /// <summary>SIGKILL: it can finish nothing.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private static string ReadyFileIn(DirectoryInfo folder) => Path.Combine(folder.FullName, "devnet.json");

    private static ProcessStartInfo StartOf(DirectoryInfo folder, IEnumerable<string> options) =>
        new("dotnet", [Path.Combine(AppContext.BaseDirectory, "Gateway.Devnet.dll"), "up", "--ready-file", ReadyFileIn(folder), .. options])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
}
