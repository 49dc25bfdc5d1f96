using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.Chain.Rpc;
using Gateway.Chain.Transport;
using Gateway.Devnet.Parts;

namespace Gateway.Devnet.Anvil;

/// <summary>A local chain in a process of its own, on loopback. It mines on demand until told otherwise.</summary>
/// <remarks>
/// It must not outlive this process, however this process ends. A shell stands between the two and waits for the end of its standard input, which the
/// kernel closes for us even after a kill -9. That works on every POSIX system, while prctl(PR_SET_PDEATHSIG) and setpriv are Linux's alone and fire when
/// the *thread* that started the child ends, which for a thread of the pool is any time. The shell also keeps Ctrl-C away from the chain, by a process group
/// of its own where there is a terminal: the gateway needs the chain until it has shut down itself.
/// </remarks>
internal sealed partial class AnvilProcess : IAsyncDisposable
{
    private const string Guard = """
        folder=$1; shift
        set -m 2>/dev/null
        trap '' INT
        exec 3<&0
        "$@" </dev/null 3<&- & chain=$!
        { read -r _; kill -9 "$chain"; } <&3 >/dev/null 2>&1 & guard=$!
        exec 3<&-
        wait "$chain"; status=$?
        kill -9 "$guard" 2>/dev/null
        rm -rf "$folder"
        exit "$status"
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly HttpClient _http;
    private readonly CancellationTokenSource _exited = new();

    private AnvilProcess(Process process, Uri url)
    {
        _process = process;
        Url = url;
        WebSocketUrl = new UriBuilder(url) { Scheme = "ws" }.Uri;
        _http = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null }, disposeHandler: true);
        Transport = new HttpJsonRpcTransport(_http, url, new JsonRpcOptions(MaxBatch: 400));
        Rpc = new EthRpc(Transport);
        Control = new AnvilControl(Transport);
        process.Exited += (_, _) => _exited.Cancel();
        process.EnableRaisingEvents = true;
    }

    public Uri Url { get; }

    public Uri WebSocketUrl { get; }

    public IJsonRpcTransport Transport { get; }

    public IEthRpc Rpc { get; }

    public AnvilControl Control { get; }

    /// <summary>Cancelled when the chain's process ends, for whatever reason.</summary>
    public CancellationToken Exited => _exited.Token;

    /// <summary>Starts it; it answers when this returns.</summary>
    /// <exception cref="DevnetException">It does not start; with what it said.</exception>
    public static async Task<AnvilProcess> StartAsync(string executable, AnvilOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var process = Process.Start(StartInfo(executable, options))!; // Null only with UseShellExecute.
        AnvilProcess? anvil = null;
        try
        {
            anvil = new AnvilProcess(process, await ListeningAsync(process, options.Port, time, cancellationToken));
            // Otherwise every request is a line.
            await anvil.Control.SilenceAsync(cancellationToken);
            return anvil;
        }
        catch
        {
            anvil?._http.Dispose();
            await StopAsync(process);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await StopAsync(_process);
    }

    private static ProcessStartInfo StartInfo(string executable, AnvilOptions options)
    {
        var folder = Directory.CreateTempSubdirectory("gateway-anvil-").FullName;
        return new ProcessStartInfo("/bin/sh", ["-c", Guard, "anvil-guard", folder, executable, .. Arguments(options, folder)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
    }

    private static IEnumerable<string> Arguments(AnvilOptions options, string folder) =>
    [
        "--host", "127.0.0.1",
        "--port", options.Port.ToString(CultureInfo.InvariantCulture),
        "--chain-id", options.ChainId.ToString(),
        // The framework's deployer is larger than a contract may be, and one of its steps needs more gas than a transaction may have from Osaka on.
        "--disable-code-size-limit", "--hardfork", "cancun",
        "--gas-limit", options.BlockGasLimit.ToString(CultureInfo.InvariantCulture),
        // Accounts are made and funded by name; anvil's own one is not used.
        "--accounts", "1",
        "--color", "never",
        // States of old blocks go there instead of into the user's home.
        "--cache-path", folder,
    ];

    /// <summary>Its own words say the port: choosing a free one here and hoping that it still is would be a race.</summary>
    private static async Task<Uri> ListeningAsync(Process process, int port, TimeProvider time, CancellationToken cancellationToken)
    {
        var said = new List<string>();
        var listening = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var exited = process.WaitForExitAsync(cancellationToken);
        var first = await Task.WhenAny(listening.Task, exited, Task.Delay(Patience, time, cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();
        if (first == listening.Task)
            return await listening.Task;
        lock (said)
            throw new DevnetException($"anvil does not start on port {port}{(first == exited ? "" : " in time")}:\n{string.Join('\n', said)}");

        void Hear(string? line)
        {
            // What comes after that is of no interest, but has to be read, or anvil would wait for us.
            if (line is null || listening.Task.IsCompleted)
                return;
            lock (said)
                said.Add(line);
            if (ListeningLine().Match(line) is { Success: true } match)
                listening.TrySetResult(new Uri($"http://{match.Groups["address"].Value}"));
        }
    }

    /// <summary>The same way by which the chain ends when this process dies: the shell ends it, and leaves nothing behind.</summary>
    private static async Task StopAsync(Process process)
    {
        process.StandardInput.Close();
        await process.WaitForExitAsync(CancellationToken.None);
        process.Dispose();
    }

    [GeneratedRegex(@"^Listening on (?<address>\S+)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ListeningLine();
}
