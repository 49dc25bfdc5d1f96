using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Domain.Settlement;
using Gateway.Server.Settlement;
using Gateway.Server.Tests.Storage;

namespace Gateway.Server.Tests.Settlement;

/// <summary>What becomes of bytes that are handed over.</summary>
internal enum Delivery
{
    Normal,

    /// <summary>They arrive, but nobody hears of it.</summary>
    AnswerLost,

    /// <summary>They do not arrive, and nobody hears of that either.</summary>
    Lost,

    /// <summary>Accepted, and forgotten at once.</summary>
    Dropped,

    /// <summary>No node would ever take them.</summary>
    Invalid,
}

/// <summary>
/// A chain with one operator, a pool by coreth's rules, and flows by the CFA's: for what cannot be made to happen on a real one at will. The real contracts
/// are in the end-to-end ring.
/// </summary>
internal sealed class SimulatedChain(Address operatorAddress) : ILaneChain, IBatchVehicle
{
    private readonly Dictionary<Hash32, SimulatedTransaction> _signed = [];
    private readonly SortedDictionary<ulong, SimulatedTransaction> _pool = [];
    private readonly Dictionary<Hash32, LaneReceipt> _receipts = [];
    private readonly List<SimulatedBlock> _blocks = [new(ImmutableDictionary<FlowKey, FlowReading>.Empty, 0)];

    private readonly List<(FlowKey Flow, FlowChange Change)> _changes = [];

    public Address Operator => operatorAddress;

    public Wei BaseFee { get; set; } = Wei.FromGwei(1);

    public Wei Balance { get; set; } = Wei.From(100 * Wei.FromGwei(1_000_000_000).Value);

    /// <summary>Payers that have taken the permission away.</summary>
    public HashSet<Address> Revoked { get; } = [];

    /// <summary>Payees that are contracts and refuse every flow.</summary>
    public HashSet<Address> Refusing { get; } = [];

    /// <summary>How the next sendings go; normally once it is empty.</summary>
    public Queue<Delivery> Deliveries { get; } = new();

    /// <summary>All bytes that were handed over, in order.</summary>
    public List<SignedBatch> Sent { get; } = [];

    /// <summary>Rates of each flow, in the order in which transactions of the operator made them.</summary>
    public Dictionary<FlowKey, List<FlowRate>> History { get; } = [];

    /// <summary>Called when signed bytes arrive, before anything happens with them.</summary>
    public Func<SignedBatch, Task> Arriving { get; set; } = _ => Task.CompletedTask;

    /// <summary>Endpoints that each tell the consumed count.</summary>
    public int Endpoints { get; set; } = 1;

    /// <summary>Receipts are kept back, as by a node that is behind.</summary>
    public bool WithoutReceipts { get; set; }

    /// <summary>Whatever passes the simulation fails when it is executed, as by too little gas.</summary>
    public bool AlwaysReverts { get; set; }

    public ulong Consumed => _blocks[^1].Consumed;

    public int PoolSize => _pool.Count;

    public FlowRate RateOf(FlowKey flow) => _blocks[^1].Flows.GetValueOrDefault(flow, FlowReading.None).Rate;

    private BlockRef Head => RefOf((ulong)_blocks.Count - 1);

    /// <summary>Executes what the pool has and can pay for the base fee, in one block.</summary>
    public void Mine()
    {
        var (flows, consumed) = (_blocks[^1].Flows, Consumed);
        var block = RefOf((ulong)_blocks.Count);
        while (_pool.Remove(consumed, out var transaction))
        {
            if (transaction.Batch.Fee.MaxFeePerGas < BaseFee)
            {
                _pool.Add(consumed, transaction);
                break;
            }

            var after = Execute(flows, transaction.Operations, block.Time, out var failure);
            if (AlwaysReverts)
                failure = new SimulationFailure(FailureOwner.Ours, Reason.Unspecified, "OUT_OF_GAS");
            _receipts[transaction.Batch.Hash] = new LaneReceipt(transaction.Batch.Hash, block, failure is null, transaction.Batch.GasLimit / 2, BaseFee);
            if (failure is null)
                Remember(transaction, block);
            (flows, consumed) = (failure is null ? after : flows, consumed + 1);
        }

        _blocks.Add(new SimulatedBlock(flows, consumed));
    }

    /// <summary>The payer changes a flow by his own key; zero closes it.</summary>
    public void PayerSets(FlowKey flow, FlowRate rate)
    {
        var block = RefOf((ulong)_blocks.Count);
        Log(flow, rate, ChangeCause.ByPayer, block, Given.Hash(7));
        _blocks.Add(_blocks[^1] with { Flows = Set(_blocks[^1].Flows, flow, rate, block.Time) });
    }

    /// <summary>What logs tell of an account's flows since it last looked at each.</summary>
    public IReadOnlyList<FlowChange> ChangesOf(Account account) =>
    [
        .. _changes.Where(c => c.Flow.Account == account.Key).Select(c => c.Change)
            .Where(c => account.Flows.TryGetValue(c.Payee, out var flow) && c.Evidence.Block > flow.ObservedAt),
    ];

    /// <summary>Somebody else with the same key uses the next nonce.</summary>
    public void ConsumeByAnother()
    {
        _pool.Remove(Consumed);
        _blocks.Add(_blocks[^1] with { Consumed = Consumed + 1 });
    }

    /// <summary>A node restart: there is no journal.</summary>
    public void ForgetPool() => _pool.Clear();

    public Task<LaneHead> HeadAsync(CancellationToken cancellationToken) =>
        Task.FromResult(new LaneHead(Head, BaseFee, 30_000_000, new Nonce(Consumed), Balance));

    public Task<Nonce> ConsumedAtAsync(BlockNumber block, CancellationToken cancellationToken) =>
        Task.FromResult(new Nonce(_blocks[(int)block.Value].Consumed));

    public Task<IReadOnlyList<Nonce>> ConsumedPerEndpointAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Nonce>>([.. Enumerable.Repeat(new Nonce(Consumed), Endpoints)]);

    public Task<PendingCount> PendingAsync(CancellationToken cancellationToken)
    {
        var count = new Nonce(Consumed + (ulong)_pool.Count);
        return Task.FromResult(new PendingCount(count, count));
    }

    public Task<BlockTime> TimeOfAsync(BlockNumber block, CancellationToken cancellationToken) => Task.FromResult(RefOf(block.Value).Time);

    public Task<IReadOnlyList<PastTransaction>> OwnTransactionsAsync(BlockNumber from, BlockNumber to, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<PastTransaction>>(
        [
            .. _receipts.Values.Where(r => r.Block.Number >= from && r.Block.Number <= to)
                .Select(r => new PastTransaction(r.Hash, _signed[r.Hash].Nonce, _signed[r.Hash].Batch.Fee)).OrderBy(t => t.Nonce.Value),
        ]);

    public Task<LaneReceipt?> ReceiptAsync(Hash32 hash, CancellationToken cancellationToken) =>
        Task.FromResult(WithoutReceipts ? null : _receipts.GetValueOrDefault(hash));

    public Task<AccountObservation> LookAsync(
        AccountKey account, IReadOnlyCollection<Address> payees, BlockRef block, CancellationToken cancellationToken)
    {
        var flows = _blocks[(int)block.Number.Value].Flows;
        return Task.FromResult(new AccountObservation(
            block,
            block.Time,
            TokenAmount.FromWei(System.Numerics.BigInteger.Pow(10, 24)),
            TokenAmount.Zero,
            NetFlowRate.FromWeiPerSecond(0),
            new OperatorGrant(CanCreate: true, CanUpdate: true, CanDelete: true, FlowRate.Max),
            payees.Select(p => new FlowKey(account.SuperToken, account.Payer, p)).Where(flows.ContainsKey).ToImmutableDictionary(f => f.Payee, f => flows[f]),
            new TokenParameters(14_400, 1_800, TokenAmount.Zero)));
    }

    public Task<ImmutableArray<FlowReading>> ReadFlowsAsync(IReadOnlyList<FlowKey> flows, BlockNumber block, CancellationToken cancellationToken) =>
        Task.FromResult(flows.Select(f => _blocks[(int)block.Value].Flows.GetValueOrDefault(f, FlowReading.None)).ToImmutableArray());

    public async Task<BroadcastResult> SendAsync(SignedBatch batch, CancellationToken cancellationToken)
    {
        await Arriving(batch);
        Sent.Add(batch);
        var delivery = Deliveries.TryDequeue(out var next) ? next : Delivery.Normal;
        var result = delivery switch
        {
            Delivery.Lost => Broadcast.Unknown,
            Delivery.Dropped => Broadcast.Accepted,
            Delivery.Invalid => Broadcast.Invalid,
            Delivery.Normal or Delivery.AnswerLost => Accept(_signed[batch.Hash]),
        };
        return new BroadcastResult(delivery == Delivery.AnswerLost ? Broadcast.Unknown : result, "as the test wants");
    }

    public Task<SimulationFailure?> SimulateAsync(IReadOnlyList<BatchOperation> operations, BlockNumber block, ulong gas, CancellationToken cancellationToken)
    {
        Execute(_blocks[(int)block.Value].Flows, operations, RefOf(block.Value).Time, out var failure);
        return Task.FromResult(failure);
    }

    public Task<ulong> EstimateGasAsync(IReadOnlyList<BatchOperation> operations, BlockNumber block, CancellationToken cancellationToken) =>
        Task.FromResult(GasTable.Measured.Expected(operations.Select(o => o.Operation)) * 9 / 10);

    public Task<SignedBatch> SignAsync(
        IReadOnlyList<BatchOperation> operations, Nonce nonce, ulong gasLimit, FeeOffer fee, CancellationToken cancellationToken) =>
        Task.FromResult(Sign([.. operations], nonce, gasLimit, fee));

    public Task<SignedBatch> ResignAsync(SignedBatch batch, FeeOffer fee, CancellationToken cancellationToken)
    {
        var former = _signed[batch.Hash];
        return Task.FromResult(Sign(former.Operations, former.Nonce, batch.GasLimit, fee));
    }

    public Task<SignedBatch> SignCancelAsync(Nonce nonce, FeeOffer fee, CancellationToken cancellationToken) =>
        Task.FromResult(Sign([], nonce, 21_000, fee));

    private SignedBatch Sign(ImmutableArray<BatchOperation> operations, Nonce nonce, ulong gasLimit, FeeOffer fee)
    {
        var content = string.Create(CultureInfo.InvariantCulture, $"{nonce}|{gasLimit}|{fee}|{string.Join(';', operations.Select(o => o.Operation))}");
        var raw = Encoding.UTF8.GetBytes(content);
        var batch = new SignedBatch(Hash32.FromBytes(SHA256.HashData(raw)), raw, fee, gasLimit);
        _signed[batch.Hash] = new SimulatedTransaction(batch, nonce, operations);
        return batch;
    }

    // coreth's legacypool: a replacement raises both fields by a tenth at least.
    private Broadcast Accept(SimulatedTransaction transaction)
    {
        if (transaction.Nonce.Value < Consumed)
            return Broadcast.Consumed;
        if (_pool.TryGetValue(transaction.Nonce.Value, out var present) && present.Batch.Hash != transaction.Batch.Hash)
        {
            var (old, offer) = (present.Batch.Fee, transaction.Batch.Fee);
            if (offer.MaxFeePerGas.Value * 10 < old.MaxFeePerGas.Value * 11 || offer.MaxPriorityFeePerGas.Value * 10 < old.MaxPriorityFeePerGas.Value * 11)
                return Broadcast.Outbid;
        }

        _pool[transaction.Nonce.Value] = transaction;
        return Broadcast.Accepted;
    }

    private ImmutableDictionary<FlowKey, FlowReading> Execute(
        ImmutableDictionary<FlowKey, FlowReading> flows, IReadOnlyList<BatchOperation> operations, BlockTime time, out SimulationFailure? failure)
    {
        failure = null;
        foreach (var operation in operations.Select(o => o.Operation))
        {
            failure = WhyNot(flows, operation);
            if (failure is not null)
                return flows;
            flows = Set(flows, operation.Flow, operation.Rate, time);
        }

        return flows;
    }

    private SimulationFailure? WhyNot(ImmutableDictionary<FlowKey, FlowReading> flows, FlowOperation operation)
    {
        if (Revoked.Contains(operation.Flow.Payer))
            return new SimulationFailure(FailureOwner.Customer, Reason.PermissionRevoked, "NO_PERMISSION");
        if (Refusing.Contains(operation.Flow.Payee))
            return new SimulationFailure(FailureOwner.Payee, Reason.PayeeRejected, "PAYEE_SAYS_NO");
        var exists = flows.ContainsKey(operation.Flow);
        return exists == (operation.Kind == FlowOperationKind.Create) ? new SimulationFailure(FailureOwner.Transient, Reason.Unspecified, "STALE") : null;
    }

    private static ImmutableDictionary<FlowKey, FlowReading> Set(
        ImmutableDictionary<FlowKey, FlowReading> flows, FlowKey flow, FlowRate rate, BlockTime time) =>
        rate.IsZero ? flows.Remove(flow) : flows.SetItem(flow, new FlowReading(rate, time, TokenAmount.Zero));

    private void Remember(SimulatedTransaction transaction, BlockRef block)
    {
        foreach (var operation in transaction.Operations.Select(o => o.Operation))
        {
            if (!History.TryGetValue(operation.Flow, out var rates))
                History[operation.Flow] = rates = [];
            rates.Add(operation.Rate);
            Log(operation.Flow, operation.Rate, ChangeCause.ByUs, block, transaction.Batch.Hash);
        }
    }

    private void Log(FlowKey flow, FlowRate rate, ChangeCause cause, BlockRef block, Hash32 transaction)
    {
        var evidence = new Evidence(block.Number, block.Time.ToDateTimeOffset(), transaction, cause.ToString());
        _changes.Add((flow, new FlowChange(flow.Payee, rate, cause, cause == ChangeCause.ByPayer ? Reason.FlowClosedByPayer : Reason.Unspecified, evidence)));
    }

    private static BlockRef RefOf(ulong number) => new(
        new BlockNumber(number), Given.Hash((long)number + 1_000_000), new BlockTime((ulong)Given.Now.ToUnixTimeSeconds() + number));

    private sealed record SimulatedTransaction(SignedBatch Batch, Nonce Nonce, ImmutableArray<BatchOperation> Operations);

    private sealed record SimulatedBlock(ImmutableDictionary<FlowKey, FlowReading> Flows, ulong Consumed);
}
