using System.Collections.Concurrent;
using Gateway.Chain.Signing;
using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Devnet.World;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.EndToEnd.Tests.Gateways;
using Gateway.Testing.Gateways;
using Grpc.Core;
using Grpc.Net.Client;
using Superfluid.Gateway.V1;
using Xunit;

namespace Gateway.EndToEnd.Tests.Stories;

public sealed class KilledTests(WorldFixture fixture) : IClassFixture<WorldFixture>
{
    private const int LeasesPerBurst = 24;
    private const uint NodeShare = 800_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private DevnetWorld World => fixture.World;

    /// <summary>Killed after the first answer, in the middle, and after the last one: before, while and after its transactions are under way.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(LeasesPerBurst / 2)]
    [InlineData(LeasesPerBurst)]
    public async Task Killed_in_a_burst_of_opens_every_acknowledged_lease_is_paid_and_no_flow_doubled(int answersUntilKilled)
    {
        var acknowledged = await OpenAndKillAsync(answersUntilKilled);
        Assert.True(acknowledged.Count >= answersUntilKilled);

        await using var server = await ServerProcess.StartAsync(World, Cancellation);
        using var channel = GrpcChannel.ForAddress(World.GrpcUrl);
        var client = new LeaseService.LeaseServiceClient(channel);
        var leases = await AllActiveAsync(client);

        Assert.All(acknowledged, id => Assert.Contains(id, leases.Keys));
        await RequireExactFlowsAsync(leases.Values);
        foreach (var id in leases.Keys)
            await client.CloseLeaseAsync(new CloseLeaseRequest { LeaseId = id }, cancellationToken: Cancellation);
        await AllClosedAsync(client, leases.Keys);
        await RequireExactFlowsAsync([]);
    }

    private async Task<IReadOnlyCollection<string>> OpenAndKillAsync(int answersUntilKilled)
    {
        await using var server = await ServerProcess.StartAsync(World, Cancellation);
        using var channel = GrpcChannel.ForAddress(World.GrpcUrl);
        var client = new LeaseService.LeaseServiceClient(channel);
        var acknowledged = new ConcurrentBag<string>();
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var opens = Enumerable.Range(0, LeasesPerBurst).Select(async i =>
        {
            var request = Request(i);
            try
            {
                await client.OpenLeaseAsync(request, cancellationToken: Cancellation);
                acknowledged.Add(request.LeaseId);
            }
            catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable or StatusCode.Internal or StatusCode.Cancelled or StatusCode.Unknown)
            {
                // It was killed first: nothing is promised of this one.
            }

            if (acknowledged.Count >= answersUntilKilled)
                enough.TrySetResult();
        }).ToList();
        await enough.Task.WaitAsync(Cancellation);
        await server.KillAsync();
        await Task.WhenAll(opens);
        return acknowledged;
    }

    private OpenLeaseRequest Request(int number)
    {
        var accounts = World.Chain.Accounts;
        var request = new OpenLeaseRequest
        {
            LeaseId = $"{Guid.NewGuid():N}",
            VmId = $"vm-{number}",
            Payer = Text(accounts.Payers[number % accounts.Payers.Length]),
            Token = "ALEPH",
            Price = new Price { FlowRate = $"{1_000_000_000_001L + number}" },
        };
        request.Payees.Add(new Payee { Address = Text(accounts.Payees[number % accounts.Payees.Length]), SharePpm = NodeShare, Role = "node" });
        request.Payees.Add(new Payee { Address = Text(accounts.Community), SharePpm = SharePpm.Whole - NodeShare, Role = "community" });
        return request;
    }

    /// <summary>Follows every lease until none is on its way any more.</summary>
    private static async Task<Dictionary<string, Lease>> AllActiveAsync(LeaseService.LeaseServiceClient client)
    {
        var open = new ListLeasesRequest();
        open.States.Add([LeaseState.Opening, LeaseState.Active, LeaseState.Updating, LeaseState.Paused]);
        var listed = await client.ListLeasesAsync(new ListLeasesRequest(open) { PageSize = 1000 }, cancellationToken: Cancellation);
        var leases = listed.Leases.ToDictionary(l => l.LeaseId, StringComparer.Ordinal);
        using var watch = client.WatchLeases(new ListLeasesRequest(), cancellationToken: Cancellation);
        while (leases.Values.Any(l => l.State != LeaseState.Active) && await watch.ResponseStream.MoveNext(Cancellation))
        {
            var lease = watch.ResponseStream.Current;
            if (leases.ContainsKey(lease.LeaseId))
                leases[lease.LeaseId] = lease;
        }

        return leases;
    }

    private static async Task AllClosedAsync(LeaseService.LeaseServiceClient client, IEnumerable<string> ids)
    {
        var open = ids.ToHashSet(StringComparer.Ordinal);
        using var watch = client.WatchLeases(new ListLeasesRequest(), cancellationToken: Cancellation);
        while (open.Count > 0 && await watch.ResponseStream.MoveNext(Cancellation))
        {
            if (watch.ResponseStream.Current is { State: LeaseState.Closed } lease)
                open.Remove(lease.LeaseId);
        }
    }

    /// <summary>Every flow of every payer is exactly the sum of the legs of these leases.</summary>
    private async Task RequireExactFlowsAsync(IEnumerable<Lease> leases)
    {
        var wanted = leases.SelectMany(l => l.Legs.Select(leg => (Flow: (l.Payer, leg.Payee.Address), Rate: FlowRate.Parse(leg.FlowRate))))
            .GroupBy(l => l.Flow).ToDictionary(g => g.Key, g => g.Aggregate(FlowRate.Zero, (sum, l) => sum + l.Rate));
        var accounts = World.Chain.Accounts;
        var head = await World.Chain.Anvil.Rpc.GetBlockNumberAsync(Cancellation);
        var views = new AgreementViews(World.Chain.Contracts);
        foreach (var payer in accounts.Payers)
        {
            foreach (var payee in accounts.Payees.Append(accounts.Community))
            {
                var view = views.Flow(new FlowKey(World.Chain.Tokens.Aleph, payer.Address, payee.Address));
                var reading = await view.AskAsync(World.Chain.Anvil.Rpc, head, Cancellation);
                Assert.Equal(wanted.GetValueOrDefault((Text(payer), Text(payee))), reading.Rate);
            }
        }
    }

    private static string Text(DevAccount account) => Eip55.Format(account.Address);
}
