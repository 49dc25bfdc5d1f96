using System.Globalization;
using Gateway.Chain.Signing;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Money;
using Grpc.Core;
using Superfluid.Gateway.V1;
using Xunit;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Tests.Chaos;

/// <summary>The leases of one payer, opened, resized and closed by a die; and every sum that his flow was ever wanted at.</summary>
internal sealed class LeaseChurn(ChaosWorld world, DevAccount payer, int seed)
{
    private const int MostOpen = 3;
    private const long Unit = 1_000_000_000_000;

    private readonly Random _die = new(seed);
    private readonly Dictionary<string, long> _open = new(StringComparer.Ordinal);
    private readonly List<string> _closed = [];

    private int _opened;

    public DevAccount Payer => payer;

    /// <summary>What was acknowledged, in order: the sums of all leases. The chain may skip some of them, and never goes back.</summary>
    public List<FlowRate> Wanted { get; } = [FlowRate.Zero];

    /// <summary>Requests that the gateway took.</summary>
    public int Changes { get; private set; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>One request. The gateway may refuse it, in which case nothing has changed.</summary>
    public async Task ActAsync()
    {
        try
        {
            var act = _die.Next(4);
            if (_open.Count == 0 || (act == 0 && _open.Count < MostOpen))
                await OpenAsync($"{payer.Address}-{_opened++}", NewRate());
            else if (act == 1)
                await CloseAsync(AnyOpen());
            else
                await ResizeAsync(AnyOpen(), NewRate());
            Wanted.Add(FlowRate.FromWeiPerSecond(_open.Values.Sum()));
            Changes++;
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable or StatusCode.FailedPrecondition)
        {
            // Without the chain there are no new promises; what a lease cannot take at present it says.
        }
    }

    /// <summary>True when every lease is where it was last asked to be.</summary>
    public async Task<bool> IsSettledAsync()
    {
        foreach (var id in _open.Keys)
        {
            var lease = await GetAsync(id);
            if (lease.State != LeaseState.Active || lease.Execution != Execution.Run)
                return false;
        }

        foreach (var id in _closed)
        {
            if ((await GetAsync(id)).State != LeaseState.Closed)
                return false;
        }

        return await world.FlowAsync(payer.Address) == Wanted[^1];
    }

    /// <summary>For the message of a test that fails.</summary>
    public async Task<string> DescribeAsync()
    {
        var lines = new List<string> { $"{payer}: wanted {Wanted[^1]}, on chain {await world.FlowAsync(payer.Address)}" };
        foreach (var id in _open.Keys.Concat(_closed))
        {
            var lease = await GetAsync(id);
            lines.Add($"  {id}: {(_open.ContainsKey(id) ? "open" : "closed")}, {lease.State} {lease.Reason} {lease.Execution}");
        }

        return string.Join('\n', lines);
    }

    private async Task OpenAsync(string id, long rate)
    {
        await world.Client.Leases.OpenLeaseAsync(
            new OpenLeaseRequest
            {
                LeaseId = id,
                VmId = "vm-" + id,
                Payer = Eip55.Format(payer.Address),
                Token = "ALEPH",
                Price = PriceOf(rate),
                Payees = { new Wire.Payee { Address = Eip55.Format(world.Node), SharePpm = 1_000_000, Role = "node" } },
            },
            cancellationToken: Cancellation);
        _open.Add(id, rate);
    }

    private async Task ResizeAsync(string id, long rate)
    {
        await world.Client.Leases.UpdateLeaseAsync(new UpdateLeaseRequest { LeaseId = id, Price = PriceOf(rate) }, cancellationToken: Cancellation);
        _open[id] = rate;
    }

    private async Task CloseAsync(string id)
    {
        await world.Client.Leases.CloseLeaseAsync(new CloseLeaseRequest { LeaseId = id }, cancellationToken: Cancellation);
        _open.Remove(id);
        _closed.Add(id);
    }

    private async Task<Lease> GetAsync(string id) =>
        await world.Client.Leases.GetLeaseAsync(new GetLeaseRequest { LeaseId = id }, cancellationToken: Cancellation);

    private string AnyOpen() => _open.Keys.ElementAt(_die.Next(_open.Count));

    // Each rate is another one, so that the chain's history names the change that it comes from.
    private long NewRate() => (_die.Next(1, 20) * Unit) + _die.Next(1_000_000);

    private static Price PriceOf(long rate) => new() { FlowRate = rate.ToString(CultureInfo.InvariantCulture) };
}
