using System.Globalization;
using Gateway.Benchmarks.Running;
using Gateway.Chain.Superfluid;
using Gateway.Client;
using Gateway.Devnet.Accounts;
using Gateway.Devnet.World;
using Gateway.Domain.Identity;
using Superfluid.Gateway.V1;

namespace Gateway.Benchmarks.Directives;

/// <param name="Mined">Until the miner answers.</param>
internal sealed record DirectiveFigures(Samples Told, Samples ToldAfterMined, Samples Mined, Samples Polled);

/// <summary>Opens leases, and lets their payers close the flows one after the other, in blocks that are mined to order.</summary>
internal sealed class DirectiveRun(BenchWorld world, TimeProvider time) : IDisposable
{
    private const string Rate = "15277777777777";
    private const ulong CloseGas = 600_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LeastPause = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan PauseSpread = TimeSpan.FromMilliseconds(700);

    private readonly SchedulerClient _client = new(world.Devnet.GrpcUrl);
    private readonly Random _random = new(1);
    private readonly List<(string Lease, DevAccount Payer, Address Payee)> _open = [];

    private DevnetChain Chain => world.Devnet.Chain;

    /// <summary>Each lease has a flow of its own.</summary>
    public async Task OpenAsync(int leases, CancellationToken cancellationToken)
    {
        var payers = Chain.Accounts.Payers;
        for (var i = 0; i < leases; i++)
            _open.Add((string.Create(CultureInfo.InvariantCulture, $"d{i}"), payers[i % payers.Length], DevAccount.Of("directive payee", i).Address));
        await Parallel.ForEachAsync(_open, cancellationToken, async (lease, ct) =>
        {
            var request = new OpenLeaseRequest
            {
                LeaseId = lease.Lease,
                VmId = lease.Lease,
                Payer = lease.Payer.Address.ToString(),
                Token = Chain.Tokens.Aleph.ToString(),
                Price = new Price { FlowRate = Rate },
                WaitFor = LeaseState.Active,
                WaitAtMost = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromMinutes(2)),
            };
            request.Payees.Add(new Payee { Address = lease.Payee.ToString(), SharePpm = 1_000_000, Role = "node" });
            var opened = await _client.Leases.OpenLeaseAsync(request, cancellationToken: ct);
            if (opened.State != LeaseState.Active)
                throw new InvalidOperationException($"Lease {lease.Lease} did not become active: {opened}");
        });
    }

    public async Task<DirectiveFigures> CloseAllAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pauses = new Pauses(_client, time);
        var reading = pauses.ReadAsync(stop.Token);
        var flows = _open.Select(o => new FlowKey(Chain.Tokens.Aleph, o.Payer.Address, o.Payee)).ToList();
        var poller = new FlowPoller(Chain, flows, time);
        var polling = poller.RunAsync(cancellationToken);
        await Chain.Anvil.Control.StopMiningAsync(cancellationToken);

        var found = new DirectiveFigures(new Samples(), new Samples(), new Samples(), new Samples());
        var closedAt = new Dictionary<Address, DateTimeOffset>();
        foreach (var (lease, payer, payee) in _open)
        {
            await Task.Delay(LeastPause + (_random.NextDouble() * PauseSpread), time, cancellationToken);
            var delete = FlowCalls.Delete(Chain.Tokens.Aleph, payer.Address, payee);
            await Chain.Sender.SendAsync(
                payer, Chain.Contracts.Host, HostCalls.CallAgreement(Chain.Contracts.Cfa, delete, userData: []), cancellationToken, gas: CloseGas);
            var ordered = time.GetUtcNow();
            await Chain.Anvil.Control.MineAsync(cancellationToken);
            var mined = time.GetUtcNow();
            var told = await pauses.OfAsync(lease).WaitAsync(Patience, time, cancellationToken);
            closedAt[payee] = ordered;
            found.Mined.Add(mined - ordered);
            found.Told.Add(told - ordered);
            found.ToldAfterMined.Add(told > mined ? told - mined : TimeSpan.Zero);
        }

        foreach (var (payee, seen) in await polling)
            found.Polled.Add(seen - closedAt[payee]);
        await stop.CancelAsync();
        await reading;
        return found;
    }

    public void Dispose() => _client.Dispose();
}
