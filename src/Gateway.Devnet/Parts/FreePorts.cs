using System.Net;
using System.Net.Sockets;

namespace Gateway.Devnet.Parts;

/// <summary>Ports of loopback that nobody listens on at the moment.</summary>
internal static class FreePorts
{
    public static int Any() => Fill(0)[0];

    /// <summary>The given ports, with another free one in place of each 0.</summary>
    public static IReadOnlyList<int> Fill(params IReadOnlyList<int> ports)
    {
        // All are held until each has its own: a port that was let go may be given again at once.
        var probes = new List<TcpListener>();
        try
        {
            return [.. ports.Select(port => port == 0 ? Hold(probes) : port)];
        }
        finally
        {
            foreach (var probe in probes)
                probe.Dispose();
        }
    }

    private static int Hold(List<TcpListener> probes)
    {
        var probe = new TcpListener(IPAddress.Loopback, 0);
        probes.Add(probe);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
