using System.Globalization;
using System.Net.Sockets;
using Garnet;
using Garnet.common;
using Gateway.Devnet.Parts;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Devnet;

/// <summary>A Redis that needs no installation: Garnet in this process, on loopback.</summary>
internal sealed class EmbeddedGarnet : IDisposable
{
    /// <summary>Free ports that are tried: another process may take one between asking and listening.</summary>
    private const int MaxTries = 5;

    private readonly GarnetServer _server;

    private EmbeddedGarnet(GarnetServer server, int port)
    {
        _server = server;
        Port = port;
    }

    public int Port { get; }

    /// <summary>As StackExchange.Redis takes it.</summary>
    public string Connection => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    /// <summary>Starts it; it answers when this returns.</summary>
    /// <param name="folder">Where its append-only file is kept, and read again at the next start. Null: it keeps nothing beyond its process.</param>
    /// <param name="port">0: any free one.</param>
    /// <exception cref="GarnetException">The port is taken.</exception>
    public static EmbeddedGarnet Start(string? folder, int port = 0)
    {
        for (var tries = 1; ; tries++)
        {
            var chosen = port == 0 ? FreePorts.Any() : port;
            try
            {
                var server = new GarnetServer(Arguments(folder, chosen), NullLoggerFactory.Instance);
                server.Start();
                return new EmbeddedGarnet(server, chosen);
            }
            catch (GarnetException e) when (e.InnerException is SocketException && port == 0 && tries < MaxTries)
            {
                // Taken meanwhile: another one.
            }
        }
    }

    public void Dispose() => _server.Dispose();

    private static string[] Arguments(string? folder, int port)
    {
        List<string> arguments =
        [
            "--port", port.ToString(CultureInfo.InvariantCulture),
            "--bind", "127.0.0.1",
            "-q",
            // Of a machine that does other things too: the default takes 16 GiB. An account with its leases has to fit a page.
            "--memory", "1g",
            "--page", "4m",
            "--index", "16m",
            "--lua", "true",
            // Without it a script's commands are not one unit.
            "--lua-transaction-mode", "true",
        ];
        if (folder is not null)
        {
            arguments.AddRange(
            [
                "--logdir", folder,
                "--checkpointdir", folder,
                // Plain file access: the default needs libaio, which a fresh machine has not got.
                "--device-type", "RandomAccess",
                // What does not fit the memory goes to disk instead of being dropped.
                "--storage-tier", "true",
                "--recover", "true",
                "--aof", "true",
                "--aof-memory", "32m",
                // At least twice a page, as Garnet asks.
                "--aof-page-size", "8m",
            ]);
        }

        return [.. arguments];
    }
}
