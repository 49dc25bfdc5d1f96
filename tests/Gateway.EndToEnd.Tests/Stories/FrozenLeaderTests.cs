using Gateway.Chain.Signing;
using Gateway.Chain.Superfluid;
using Gateway.Devnet.Parts;
using Gateway.Devnet.World;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.EndToEnd.Tests.Gateways;
using Gateway.Testing;
using Gateway.Testing.Gateways;
using Google.Protobuf.WellKnownTypes;
using Grpc.Net.Client;
using Superfluid.Gateway.V1;
using Xunit;

namespace Gateway.EndToEnd.Tests.Stories;

/// <summary>Two gateways as real processes, of which the one that leads is frozen or killed: the other takes over once its claim has run out, and a zombie does no harm.</summary>
public sealed class FrozenLeaderTests(WorldFixture fixture) : IClassFixture<WorldFixture>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private DevnetWorld World => fixture.World;

    [Fact]
    [Regression(17)]
    public async Task A_frozen_leader_that_wakes_up_beside_its_successor_changes_nothing()
    {
        await using var first = await ServerProcess.StartAsync(World, Cancellation);
        using var one = GrpcChannel.ForAddress(World.GrpcUrl);
        var before = await OpenAsync(one, 1);
        var leader = await LeaderAsync(one);
        var (second, two) = await StartSecondAsync();
        await using var owned = second;
        using var channel = two;

        await first.FreezeAsync();
        var frozen = TimeProvider.System.GetTimestamp();
        // Nobody but the second can settle it, and it only once it leads.
        var during = await OpenAsync(two, 2);
        TestContext.Current.TestOutputHelper?.WriteLine($"Frozen leader -> a lease that its successor got on chain: {TimeProvider.System.GetElapsedTime(frozen).TotalSeconds:0.0} s");
        var successor = await LeaderAsync(two);
        await first.ThawAsync();
        var after = await Task.WhenAll(OpenAsync(one, 3), OpenAsync(two, 4));

        Assert.NotEqual(leader, successor);
        Assert.Equal(successor, await LeaderAsync(one));
        await RequireExactlyAsync([before, during, .. after]);
    }

    /// <summary>With the configuration of the dead one, name and all: its claim is not the heir's.</summary>
    [Fact]
    [Regression(18)]
    [Regression(19)]
    public async Task A_killed_leader_s_claim_runs_out_for_whoever_is_started_in_its_place()
    {
        string leader;
        Lease before;
        await using (var first = await ServerProcess.StartAsync(World, Cancellation))
        {
            using var one = GrpcChannel.ForAddress(World.GrpcUrl);
            before = await OpenAsync(one, 1);
            leader = await LeaderAsync(one);
            await first.KillAsync();
        }

        await using var second = await ServerProcess.StartAsync(World, Cancellation);
        using var two = GrpcChannel.ForAddress(World.GrpcUrl);
        var after = await OpenAsync(two, 2);

        Assert.NotEqual(leader, await LeaderAsync(two));
        await RequireExactlyAsync([before, after]);
    }

    private async Task<(ServerProcess Server, GrpcChannel Channel)> StartSecondAsync()
    {
        var ports = FreePorts.Fill(0, 0);
        var (grpc, http) = ($"http://127.0.0.1:{ports[0]}", $"http://127.0.0.1:{ports[1]}");
        var server = await ServerProcess.StartAsync(World, Cancellation, new("Gateway__Grpc__Url", grpc), new("Gateway__Http__Url", http));
        return (server, GrpcChannel.ForAddress(grpc));
    }

    private static async Task<string> LeaderAsync(GrpcChannel channel)
    {
        var settlement = await new OperationsService.OperationsServiceClient(channel).GetSettlementAsync(new GetSettlementRequest(), cancellationToken: Cancellation);
        return settlement.Lanes[0].Leader;
    }

    private async Task<Lease> OpenAsync(GrpcChannel channel, int number)
    {
        var request = new OpenLeaseRequest
        {
            LeaseId = $"{Guid.NewGuid():N}",
            VmId = $"vm-{number}",
            Payer = Text(World.Chain.Accounts.Payers[0].Address),
            Token = "ALEPH",
            Price = new Price { FlowRate = $"{1_000_000_000_001L + number}" },
            WaitFor = LeaseState.Active,
            WaitAtMost = Duration.FromTimeSpan(TimeSpan.FromSeconds(60)),
        };
        request.Payees.Add(new Payee { Address = Text(World.Chain.Accounts.Payees[0].Address), SharePpm = SharePpm.Whole, Role = "node" });
        var lease = await new LeaseService.LeaseServiceClient(channel).OpenLeaseAsync(request, cancellationToken: Cancellation);
        Assert.Equal(LeaseState.Active, lease.State);
        return lease;
    }

    /// <summary>These leases and no more are paid; then they are closed, so that the next story begins at nothing.</summary>
    private async Task RequireExactlyAsync(Lease[] leases)
    {
        var rpc = World.Chain.Anvil.Rpc;
        var flow = new FlowKey(World.Chain.Tokens.Aleph, World.Chain.Accounts.Payers[0].Address, World.Chain.Accounts.Payees[0].Address);
        var reading = await new AgreementViews(World.Chain.Contracts).Flow(flow).AskAsync(rpc, await rpc.GetBlockNumberAsync(Cancellation), Cancellation);
        Assert.Equal(leases.Aggregate(FlowRate.Zero, (sum, l) => sum + FlowRate.Parse(l.FlowRate)), reading.Rate);
        using var channel = GrpcChannel.ForAddress(World.GrpcUrl);
        var client = new LeaseService.LeaseServiceClient(channel);
        foreach (var lease in leases)
        {
            var close = new CloseLeaseRequest { LeaseId = lease.LeaseId, WaitFor = LeaseState.Closed, WaitAtMost = Duration.FromTimeSpan(TimeSpan.FromSeconds(60)) };
            Assert.Equal(LeaseState.Closed, (await client.CloseLeaseAsync(close, cancellationToken: Cancellation)).State);
        }
    }

    private static string Text(Address address) => Eip55.Format(address);
}
