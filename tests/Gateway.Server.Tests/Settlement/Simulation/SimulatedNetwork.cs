using System.Collections.Immutable;
using System.Globalization;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Domain.Settlement;
using Gateway.Server.Settlement;
using Gateway.Server.Tests.Storage;

namespace Gateway.Server.Tests.Settlement.Simulation;

/// <summary>A signed transaction of ours.</summary>
internal sealed record OurTransaction(SignedBatch Batch, Nonce Nonce, ImmutableArray<BatchOperation> Operations);

/// <summary>One block with the state after it.</summary>
internal sealed record MinedBlock(BlockRef Ref, SimulatedLedger Ledger, ulong Consumed, Wei BaseFee);

/// <summary>A change of one flow, as a log tells it.</summary>
internal sealed record FlowLog(ulong Block, int Flow, FlowRate Before, FlowRate After, ChangeCause Cause, Hash32 Transaction);

/// <summary>The chain itself, without anybody's view of it: blocks, a pool by coreth's rules, flows by the CFA's.</summary>
/// <remarks>A pool forgets, and whatever was ever handed over may come back from another node's pool until its nonce is consumed.</remarks>
internal sealed class SimulatedNetwork
{
    private readonly Dictionary<Hash32, OurTransaction> _signed = [];
    private readonly SortedDictionary<ulong, OurTransaction> _pool = [];
    private readonly List<OurTransaction> _arrived = [];
    private readonly List<(int Payer, Func<SimulatedLedger, ulong, bool> Act)> _others = [];
    private ulong _foreign;
    private long _hashes;

    public SimulatedNetwork(ulong time) =>
        Blocks.Add(new MinedBlock(new BlockRef(default, Given.Hash(1), new BlockTime(time)), SimulatedLedger.New(time), 0, Wei.FromGwei(1)));

    public List<MinedBlock> Blocks { get; } = [];

    public List<FlowLog> Logs { get; } = [];

    public Dictionary<Hash32, LaneReceipt> Receipts { get; } = [];

    public Wei BaseFee { get; set; } = Wei.FromGwei(1);

    public MinedBlock Tip => Blocks[^1];

    /// <summary>Told of each transaction of ours that is executed, with the flows that it changed.</summary>
    public Action<OurTransaction, MinedBlock, IReadOnlyList<FlowLog>> Executed { get; set; } = (_, _, _) => { };

    /// <summary>Transactions in the pool.</summary>
    public int Waiting => _pool.Count;

    public IReadOnlyList<PastTransaction> OwnTransactions(BlockNumber from, BlockNumber to) =>
    [
        .. Receipts.Values.Where(r => r.Block.Number >= from && r.Block.Number <= to)
            .Select(r => new PastTransaction(r.Hash, _signed[r.Hash].Nonce, _signed[r.Hash].Batch.Fee)).OrderBy(t => t.Nonce.Value),
    ];

    public OurTransaction Of(SignedBatch batch) => _signed[batch.Hash];

    public SignedBatch Sign(IEnumerable<BatchOperation> operations, Nonce nonce, ulong gasLimit, FeeOffer fee)
    {
        var batch = new SignedBatch(NextHash(), new byte[] { 2 }, fee, gasLimit);
        _signed[batch.Hash] = new OurTransaction(batch, nonce, [.. operations]);
        return batch;
    }

    /// <summary>coreth's legacypool: a replacement raises both fields by a tenth at least.</summary>
    public Broadcast Accept(OurTransaction transaction)
    {
        if (transaction.Nonce.Value < Tip.Consumed)
            return Broadcast.Consumed;
        if (_pool.TryGetValue(transaction.Nonce.Value, out var present) && present.Batch.Hash != transaction.Batch.Hash)
        {
            var (old, offer) = (present.Batch.Fee, transaction.Batch.Fee);
            if (offer.MaxFeePerGas.Value * 10 < old.MaxFeePerGas.Value * 11 || offer.MaxPriorityFeePerGas.Value * 10 < old.MaxPriorityFeePerGas.Value * 11)
                return Broadcast.Outbid;
        }

        _pool[transaction.Nonce.Value] = transaction;
        _arrived.Add(transaction);
        return Broadcast.Accepted;
    }

    /// <summary>A node restart: there is no journal.</summary>
    public void ForgetPool() => _pool.Clear();

    /// <summary>Another node's pool still has what this one forgot, or replaced.</summary>
    public void Resurrect(int pick)
    {
        _arrived.RemoveAll(t => t.Nonce.Value < Tip.Consumed);
        if (_arrived.Count > 0)
            _pool[_arrived[pick % _arrived.Count].Nonce.Value] = _arrived[pick % _arrived.Count];
    }

    /// <summary>Somebody else with the same key uses the next nonce, in the next block.</summary>
    public void ConsumeByAnother() => _foreign++;

    /// <summary>A payer acts by his own key, in the next block and before us.</summary>
    /// <param name="act">False: nothing came of it.</param>
    public void ByOther(int payer, Func<SimulatedLedger, ulong, bool> act) => _others.Add((payer, act));

    public void Mine(ulong time)
    {
        var (ledger, consumed) = (Tip.Ledger.Copy(), Tip.Consumed);
        time = Math.Max(time, Tip.Ref.Time.UnixSeconds);
        var number = (ulong)Blocks.Count;
        var block = new BlockRef(new BlockNumber(number), NextHash(), new BlockTime(time));
        foreach (var (payer, act) in _others)
            ByOther(ledger, payer, act, block);
        _others.Clear();
        Liquidate(ledger, block);

        List<(OurTransaction Transaction, List<FlowLog> Logs)> executed = [];
        for (; _foreign > 0; _foreign--)
            _pool.Remove(consumed++);
        while (_pool.TryGetValue(consumed, out var next) && next.Batch.Fee.MaxFeePerGas >= BaseFee)
        {
            _pool.Remove(consumed++);
            executed.Add((next, Execute(ref ledger, next, block)));
        }

        var mined = new MinedBlock(block, ledger, consumed, BaseFee);
        Blocks.Add(mined);
        foreach (var (transaction, logs) in executed)
            Executed(transaction, mined, logs);
    }

    public static SimulationFailure? Simulate(IReadOnlyList<BatchOperation> operations, MinedBlock block)
    {
        var ledger = block.Ledger.Copy();
        return Apply(ledger, operations, block.Ref.Time.UnixSeconds);
    }

    private List<FlowLog> Execute(ref SimulatedLedger ledger, OurTransaction transaction, BlockRef block)
    {
        var trial = ledger.Copy();
        List<FlowLog> logs = [];
        var before = ledger;
        var failure = Apply(trial, transaction.Operations, block.Time.UnixSeconds);
        if (failure is null)
        {
            foreach (var flow in transaction.Operations.Select(o => Cast.IndexOf(o.Operation.Flow)).Distinct())
                logs.Add(new FlowLog(block.Number.Value, flow, before.FlowAt(flow).Rate, trial.FlowAt(flow).Rate, ChangeCause.ByUs, transaction.Batch.Hash));
            ledger = trial;
            Logs.AddRange(logs);
        }

        Receipts[transaction.Batch.Hash] = new LaneReceipt(transaction.Batch.Hash, block, failure is null, transaction.Batch.GasLimit * 3 / 4, BaseFee);
        return logs;
    }

    private static SimulationFailure? Apply(SimulatedLedger ledger, IReadOnlyList<BatchOperation> operations, ulong time)
    {
        foreach (var operation in operations.Select(o => o.Operation))
        {
            if (ledger.WhyNot(operation, time) is { } failure)
                return failure;
            ledger.Set(Cast.IndexOf(operation.Flow), operation.Rate, time);
        }

        return null;
    }

    private void ByOther(SimulatedLedger ledger, int payer, Func<SimulatedLedger, ulong, bool> act, BlockRef block)
    {
        var before = ledger.Copy();
        if (act(ledger, block.Time.UnixSeconds))
            Log(before, ledger, payer, ChangeCause.ByPayer, block);
    }

    /// <summary>Whoever is critical loses his flows to the first who sees it.</summary>
    private void Liquidate(SimulatedLedger ledger, BlockRef block)
    {
        for (var payer = 0; payer < Cast.Accounts.Length; payer++)
        {
            if (ledger.IsSafe(payer) || ledger.AvailableOf(payer, block.Time.UnixSeconds).Sign >= 0)
                continue;
            var before = ledger.Copy();
            for (var i = 0; i < Cast.Payees.Length; i++)
                ledger.Set((payer * Cast.Payees.Length) + i, FlowRate.Zero, block.Time.UnixSeconds);
            Log(before, ledger, payer, ChangeCause.Liquidated, block);
        }
    }

    private void Log(SimulatedLedger before, SimulatedLedger after, int payer, ChangeCause cause, BlockRef block)
    {
        for (var flow = payer * Cast.Payees.Length; flow < (payer + 1) * Cast.Payees.Length; flow++)
        {
            if (before.FlowAt(flow) != after.FlowAt(flow))
                Logs.Add(new FlowLog(block.Number.Value, flow, before.FlowAt(flow).Rate, after.FlowAt(flow).Rate, cause, NextHash()));
        }
    }

    private Hash32 NextHash() => Hash32.Parse("0x" + (++_hashes).ToString("x64", CultureInfo.InvariantCulture));
}
