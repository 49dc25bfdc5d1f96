using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Gateway.Testing.Proxy;

namespace Gateway.Benchmarks.Faults;

/// <summary>How often what goes wrong, per thousand calls that it can strike.</summary>
internal sealed record FaultRates(int Timeouts, int NullReceipts, int Drops, int Crashes)
{
    /// <summary>Those of chain-and-transactions.md §2.0: 5 % send timeouts, 2 % null receipts, 2 % dropped, 2 % crashes.</summary>
    public static readonly FaultRates Usual = new(50, 20, 20, 20);

    public FaultRates Times(int factor) => new(Timeouts * factor, NullReceipts * factor, Drops * factor, Crashes * factor);

    public override string ToString() => $"{Timeouts / 10} / {NullReceipts / 10} / {Drops / 10} / {Crashes / 10} %";
}

/// <summary>Makes a node faulty by a seed, and counts what struck. Whoever sends crashes in the middle of sending: before or after the node has it.</summary>
internal sealed class FaultPlan
{
    private const string Send = "eth_sendRawTransaction";

    private readonly ConcurrentDictionary<string, int> _struck = new(StringComparer.Ordinal);
    private readonly Channel<bool> _crashes = Channel.CreateUnbounded<bool>();

    public FaultPlan(RpcProxy proxy, FaultRates rates)
    {
        Sometimes(Send, rates.Timeouts / 2, "timeout", NodeFaults.AcceptThenSilence);
        Sometimes(Send, rates.Timeouts - (rates.Timeouts / 2), "timeout", NodeFaults.Silence);
        Sometimes(Send, rates.Drops, "drop", AcceptThenForget);
        Sometimes(Send, rates.Crashes / 2, "crash", Crash(NodeFaults.Silence));
        Sometimes(Send, rates.Crashes - (rates.Crashes / 2), "crash", Crash(NodeFaults.AcceptThenSilence));
        Sometimes("eth_getTransactionReceipt", rates.NullReceipts, "null receipt", NodeLies.Null);

        void Sometimes(string method, int perMille, string name, NodeFault fault) => proxy.Faults.Sometimes(method, perMille, (request, next) =>
        {
            _struck.AddOrUpdate(name, 1, (_, count) => count + 1);
            return fault(request, next);
        });
    }

    /// <summary>One for each time that the sender is to crash.</summary>
    public ChannelReader<bool> Crashes => _crashes.Reader;

    public int Struck(string name) => _struck.GetValueOrDefault(name);

    /// <summary>The node says that it has it, and never passes it on.</summary>
    private static Task<Reply> AcceptThenForget(RpcRequest request, RpcHandler next) =>
        PooledTransaction.Read(request.Text(0) ?? "", TimeProvider.System.GetUtcNow()) is { } transaction
            ? Task.FromResult<Reply>(new Reply.Result(JsonValue.Create(transaction.Hash.ToString())))
            : next(request);

    private NodeFault Crash(NodeFault answer) => (request, next) =>
    {
        _crashes.Writer.TryWrite(true);
        return answer(request, next);
    };
}
