using System.Collections.Immutable;
using System.Globalization;
using Gateway.Chain.Signing;
using Gateway.Client;
using Gateway.Devnet.Accounts;
using Gateway.Devnet.World;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Google.Protobuf.WellKnownTypes;
using Superfluid.Gateway.V1;
using Execution = Superfluid.Gateway.V1.Execution;
using LeaseState = Superfluid.Gateway.V1.LeaseState;
using Payee = Superfluid.Gateway.V1.Payee;
using Reason = Superfluid.Gateway.V1.Reason;

namespace Gateway.Devnet.Demo;

/// <summary>One step: what happens, and the proof that it did.</summary>
/// <param name="RunAsync">Does it, checks it against the chain, and says in one line what was seen.</param>
internal sealed record DemoStep(string Title, Func<CancellationToken, Task<string>> RunAsync);

/// <summary>The whole life of two VMs of one customer, each step checked on chain and in the operating system.</summary>
internal sealed class DemoStory(DevnetWorld world, SchedulerClient gateway, DemoScheduler scheduler, TimeProvider time)
{
    private const string Token = "ALEPH";
    private const string First = "vm-1";
    private const string Second = "vm-2";
    private const uint NodeShare = 800_000;

    // Of the closest peer's price list (incidents.md §4.2): 1 and 2 compute units an hour.
    private static readonly FlowRate OneUnit = FlowRate.Parse("15277777777777");
    private static readonly FlowRate TwoUnits = FlowRate.Parse("30555555555555");

    private static readonly TimeSpan WaitAtMost = TimeSpan.FromSeconds(30);

    /// <summary>Below the pause margin of 15 minutes, and well before the account is critical.</summary>
    private const ulong DrainedToSeconds = 600;

    private readonly DemoChain _chain = new(world);

    private DevAccount Payer => world.Chain.Accounts.Payers[0];

    private DevAccount Friend => world.Chain.Accounts.Payers[1];

    private DevAccount Node => world.Chain.Accounts.Payees[0];

    private DevAccount Community => world.Chain.Accounts.Community;

    public ImmutableArray<DemoStep> Steps =>
    [
        new("The customer lets the gateway's operator manage his flows", AuthorizeAsync),
        new($"{First}: a lease is opened, and the VM starts once the chain pays", OpenFirstAsync),
        new($"{Second}: another lease of the same customer and node shares the flows", OpenSecondAsync),
        new($"{First} is resized: the price doubles", ResizeAsync),
        new($"The customer's balance runs low: {Second}, the younger one, pauses before it runs unpaid", DrainAsync),
        new($"It runs low again: {First} pauses too, and nothing is left locked", DrainAgainAsync),
        new("A top-up: both VMs run again", TopUpAsync),
        new("The customer closes a flow in his own wallet: paused, with the transaction as evidence", CancelAsync),
        new("Both leases end: nothing flows, nothing is locked", EndAsync),
    ];

    private async Task<string> AuthorizeAsync(CancellationToken ct)
    {
        var prepared = await gateway.Accounts.PrepareAuthorizationAsync(new PrepareAuthorizationRequest { Payer = Of(Payer), Token = Token }, cancellationToken: ct);
        await _chain.SignAsync(Payer, prepared, ct);
        var account = await AccountAsync(ct);
        Check.That(account is { CanCreate: true, CanUpdate: true, CanDelete: true }, "the permissions are not there");
        return $"{prepared.Transactions.Count} transaction signed in his own wallet; no key and no money left it";
    }

    private async Task<string> OpenFirstAsync(CancellationToken ct)
    {
        await OpenAsync(First, OneUnit, ct);
        await HandledAsync(First, Execution.Run, Reason.Funded, ct);
        await RequireFlowsAsync([OneUnit], ct);
        RequireMachine(First, MachineState.Running);
        return $"{Split(OneUnit)[0].ToDecimal()} + {Split(OneUnit)[1].ToDecimal()} wei/s on chain, exact";
    }

    private async Task<string> OpenSecondAsync(CancellationToken ct)
    {
        await OpenAsync(Second, OneUnit, ct);
        await HandledAsync(Second, Execution.Run, Reason.Funded, ct);
        await RequireFlowsAsync([OneUnit, OneUnit], ct);
        RequireMachine(Second, MachineState.Running);
        return "one flow to the node, one to the community: the sums of both leases";
    }

    private async Task<string> ResizeAsync(CancellationToken ct)
    {
        var lease = await gateway.Leases.UpdateLeaseAsync(
            new UpdateLeaseRequest
            {
                LeaseId = First,
                Price = new Price { FlowRate = TwoUnits.ToDecimal() },
                WaitFor = LeaseState.Active,
                WaitAtMost = Duration.FromTimeSpan(WaitAtMost),
            },
            cancellationToken: ct);
        Check.That(lease.State == LeaseState.Active, $"{First} is {lease.State}");
        await RequireFlowsAsync([TwoUnits, OneUnit], ct);
        return $"paid at {TwoUnits}";
    }

    private async Task<string> DrainAsync(CancellationToken ct)
    {
        await _chain.DrainAsync(Payer, Friend, (TwoUnits + OneUnit).Over(DrainedToSeconds), ct);
        await HandledAsync(Second, Execution.Pause, Reason.RunwayLow, ct);
        await RequireFundedAsync(ct);
        RequireMachine(Second, MachineState.Stopped);
        RequireMachine(First, MachineState.Running);
        var only = Split(TwoUnits);
        await UntilAsync(async () => await _chain.FlowAsync(Payer, Node, ct) == only[0], $"the flows of {Second} were not closed", ct);
        return $"its buffer came back to the customer, and keeps {First} paid";
    }

    private async Task<string> DrainAgainAsync(CancellationToken ct)
    {
        await _chain.DrainAsync(Payer, Friend, TwoUnits.Over(DrainedToSeconds), ct);
        await HandledAsync(First, Execution.Pause, Reason.RunwayLow, ct);
        var balance = await RequireFundedAsync(ct);
        RequireMachine(First, MachineState.Stopped);
        await UntilAsync(async () => (await _chain.BufferAsync(Payer, ct)).IsZero, "the buffer did not come back", ct);
        await RequireFlowsAsync([], ct);
        return $"stopped with {balance.ToDecimal()} wei left: not one second unpaid, no liquidation";
    }

    private async Task<string> TopUpAsync(CancellationToken ct)
    {
        var prepared = await gateway.Accounts.PrepareTopUpAsync(
            new PrepareTopUpRequest { Payer = Of(Payer), Token = Token, SuperTokenAmount = Funds.OfTokens(50).ToDecimal() }, cancellationToken: ct);
        await _chain.SignAsync(Friend, prepared, ct);
        await HandledAllAsync(Execution.Run, Reason.Recovered, ct);
        await RequireFlowsAsync([TwoUnits, OneUnit], ct);
        RequireMachine(First, MachineState.Running);
        RequireMachine(Second, MachineState.Running);
        return "50 ALEPH from a friend's wallet; the flows are back, then the VMs";
    }

    private async Task<string> CancelAsync(CancellationToken ct)
    {
        var receipt = await _chain.CloseOwnFlowAsync(Payer, Node, ct);
        var told = await HandledAllAsync(Execution.Pause, Reason.FlowClosedByPayer, ct);
        Check.That(
            told.TrueForAll(d => string.Equals(d.Evidence.TransactionHash, receipt.Hash.ToString(), StringComparison.Ordinal)), "the evidence names another transaction");
        RequireMachine(First, MachineState.Stopped);
        RequireMachine(Second, MachineState.Stopped);
        Check.That((await _chain.FlowAsync(Payer, Node, ct)).IsZero, "the gateway made the flow again, against the customer's will");
        return $"transaction {receipt.Hash.ToString()[..10]}… in block {receipt.Block.Number}";
    }

    private async Task<string> EndAsync(CancellationToken ct)
    {
        await scheduler.EndAsync(First, First, ct);
        await scheduler.EndAsync(Second, Second, ct);
        await UntilAsync(async () => await StateAsync(First, ct) == LeaseState.Closed && await StateAsync(Second, ct) == LeaseState.Closed, "the leases do not close", ct);
        await RequireFlowsAsync([], ct);
        Check.That((await _chain.BufferAsync(Payer, ct)).IsZero, "a buffer is still locked");
        RequireMachine(First, MachineState.Off);
        RequireMachine(Second, MachineState.Off);
        var lease = await gateway.Leases.GetLeaseAsync(new GetLeaseRequest { LeaseId = First }, cancellationToken: ct);
        return $"{First} ran {lease.RunningTime.ToTimeSpan().TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture)} s and used {lease.AmountUsed} wei";
    }

    private async Task OpenAsync(string vm, FlowRate rate, CancellationToken ct)
    {
        var request = new OpenLeaseRequest
        {
            LeaseId = vm,
            VmId = vm,
            Payer = Of(Payer),
            Token = Token,
            Price = new Price { FlowRate = rate.ToDecimal() },
            WaitFor = LeaseState.Active,
            WaitAtMost = Duration.FromTimeSpan(WaitAtMost),
        };
        request.Payees.Add(new Payee { Address = Of(Node), SharePpm = NodeShare, Role = "node" });
        request.Payees.Add(new Payee { Address = Of(Community), SharePpm = SharePpm.Whole - NodeShare, Role = "community" });
        var lease = await gateway.Leases.OpenLeaseAsync(request, cancellationToken: ct);
        Check.That(lease.State == LeaseState.Active, $"{vm} is {lease.State}: {lease.Reason}");
    }

    private async Task<Directive> HandledAsync(string vm, Execution execution, Reason reason, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(WaitAtMost);
        try
        {
            var directive = await scheduler.NextAsync(patience.Token);
            Check.That(
                (directive.VmId.Length > 0 && vm.Length == 0) || string.Equals(directive.VmId, vm, StringComparison.Ordinal), $"a directive for {directive.VmId} came, not for {vm}");
            Check.That(directive.Execution == execution && directive.Reason == reason, $"{directive.VmId} was told {directive.Execution} ({directive.Reason}), not {execution} ({reason})");
            return directive;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new DemoFailedException($"no directive {execution} ({reason}) came within {WaitAtMost.TotalSeconds} s");
        }
    }

    /// <summary>One directive for each of the two VMs, in whatever order.</summary>
    private async Task<List<Directive>> HandledAllAsync(Execution execution, Reason reason, CancellationToken ct)
    {
        List<Directive> told = [await HandledAsync("", execution, reason, ct), await HandledAsync("", execution, reason, ct)];
        Check.That(told.Select(d => d.VmId).Distinct(StringComparer.Ordinal).Count() == told.Count, "one VM was told twice");
        return told;
    }

    private async Task<TokenAmount> RequireFundedAsync(CancellationToken ct)
    {
        var (balance, isCritical) = await _chain.SolvencyAsync(Payer, ct);
        Check.That(!isCritical, "the account was critical before the VM was paused");
        return balance;
    }

    private async Task RequireFlowsAsync(ImmutableArray<FlowRate> leases, CancellationToken ct)
    {
        var sums = leases.Select(Split).Aggregate((Node: FlowRate.Zero, Community: FlowRate.Zero), (sum, legs) => (sum.Node + legs[0], sum.Community + legs[1]));
        var (node, community) = (await _chain.FlowAsync(Payer, Node, ct), await _chain.FlowAsync(Payer, Community, ct));
        Check.That((node, community) == sums, $"the chain pays {node} and {community}, not {sums.Node} and {sums.Community}");
    }

    private ImmutableArray<FlowRate> Split(FlowRate total) => Legs.Split(
        total,
        [
            new Domain.Leases.Payee(Node.Address, SharePpm.FromPpm(NodeShare), "node"),
            new Domain.Leases.Payee(Community.Address, SharePpm.FromPpm(SharePpm.Whole - NodeShare), "community"),
        ]);

    private void RequireMachine(string vm, MachineState state) => Check.That(scheduler[vm].State == state, $"the process of {vm} is {scheduler[vm].State}, not {state}");

    private async Task<LeaseState> StateAsync(string lease, CancellationToken ct) =>
        (await gateway.Leases.GetLeaseAsync(new GetLeaseRequest { LeaseId = lease }, cancellationToken: ct)).State;

    private async Task<Superfluid.Gateway.V1.Account> AccountAsync(CancellationToken ct) =>
        await gateway.Accounts.GetAccountAsync(new GetAccountRequest { Payer = Of(Payer), Token = Token }, cancellationToken: ct);

    private async Task UntilAsync(Func<Task<bool>> holds, string otherwise, CancellationToken ct)
    {
        var since = time.GetTimestamp();
        while (!await holds())
        {
            Check.That(time.GetElapsedTime(since) < WaitAtMost, otherwise);
            await Task.Delay(TimeSpan.FromMilliseconds(200), time, ct);
        }
    }

    private static string Of(DevAccount account) => Eip55.Format(account.Address);
}
