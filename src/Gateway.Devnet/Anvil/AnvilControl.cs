using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Devnet.Anvil;

/// <summary>What one can do to a local chain and to no real one: its clock, its miner, its past, its balances.</summary>
internal sealed class AnvilControl(IJsonRpcTransport transport)
{
    /// <summary>A block for each transaction, at once. Ends interval mining.</summary>
    public Task MineOnDemandAsync(CancellationToken cancellationToken) => AskAsync("evm_setAutomine", cancellationToken, true);

    /// <summary>No block unless asked for by <see cref="MineAsync"/>.</summary>
    public async Task StopMiningAsync(CancellationToken cancellationToken)
    {
        await AskAsync("evm_setAutomine", cancellationToken, false);
        await AskAsync("evm_setIntervalMining", cancellationToken, 0);
    }

    /// <summary>A block every so many seconds, with whatever has come in. Ends mining on demand.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not a whole number of seconds from 1 on: blocks count seconds.</exception>
    public Task SetIntervalMiningAsync(TimeSpan interval, CancellationToken cancellationToken) => interval >= TimeSpan.FromSeconds(1) && interval.Ticks % TimeSpan.TicksPerSecond == 0
        ? AskAsync("evm_setIntervalMining", cancellationToken, interval.Ticks / TimeSpan.TicksPerSecond)
        : throw new ArgumentOutOfRangeException(nameof(interval), interval, "A block time is a whole number of seconds, at least 1.");

    /// <summary>One block now.</summary>
    public Task MineAsync(CancellationToken cancellationToken) => AskAsync("evm_mine", cancellationToken);

    /// <summary>One block with exactly that time; the chain's clock runs on from there.</summary>
    public async Task MineAtAsync(BlockTime at, CancellationToken cancellationToken)
    {
        await SetNextBlockTimeAsync(at, cancellationToken);
        await MineAsync(cancellationToken);
    }

    /// <summary>The next block, whenever it comes, has exactly that time. Not before the last block's.</summary>
    public Task SetNextBlockTimeAsync(BlockTime at, CancellationToken cancellationToken) =>
        AskAsync("evm_setNextBlockTimestamp", cancellationToken, Hex(at.UnixSeconds));

    /// <summary>The chain's clock runs so much ahead of what it did; seen from the next block on.</summary>
    public Task AdvanceAsync(TimeSpan by, CancellationToken cancellationToken) => AskAsync("evm_increaseTime", cancellationToken, (long)by.TotalSeconds);

    /// <summary>Remembers everything, to be brought back by <see cref="RevertAsync"/>.</summary>
    public async Task<string> SnapshotAsync(CancellationToken cancellationToken) => (await AskAsync("evm_snapshot", cancellationToken)).GetString() ?? "";

    /// <summary>Blocks, balances and clock as they were. A snapshot can be used once.</summary>
    /// <exception cref="InvalidOperationException">There is no such snapshot (any more).</exception>
    public async Task RevertAsync(string snapshot, CancellationToken cancellationToken)
    {
        if (!(await AskAsync("evm_revert", cancellationToken, snapshot)).GetBoolean())
            throw new InvalidOperationException($"There is no snapshot {snapshot}.");
    }

    public Task SetBalanceAsync(Address account, Wei balance, CancellationToken cancellationToken) =>
        AskAsync("anvil_setBalance", cancellationToken, account.ToString(), Hex(balance.Value));

    /// <summary>Of the next block; later ones follow the market from there (EIP-1559).</summary>
    public Task SetNextBaseFeeAsync(Wei baseFee, CancellationToken cancellationToken) =>
        AskAsync("anvil_setNextBlockBaseFeePerGas", cancellationToken, Hex(baseFee.Value));

    public Task SetBlockGasLimitAsync(ulong gas, CancellationToken cancellationToken) => AskAsync("evm_setBlockGasLimit", cancellationToken, Hex(gas));

    /// <summary>A contract without its creation: for what no compiler here makes.</summary>
    public Task SetCodeAsync(Address account, ReadOnlyMemory<byte> code, CancellationToken cancellationToken) =>
        AskAsync("anvil_setCode", cancellationToken, account.ToString(), $"0x{Convert.ToHexStringLower(code.Span)}");

    /// <summary>The account's next nonce with everything in the pool counted.</summary>
    public async Task<Nonce> GetPendingNonceAsync(Address account, CancellationToken cancellationToken)
    {
        var answer = await AskAsync("eth_getTransactionCount", cancellationToken, account.ToString(), "pending");
        return new Nonce(ulong.Parse(answer.GetString().AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
    }

    /// <summary>It tells of no request any more.</summary>
    internal Task SilenceAsync(CancellationToken cancellationToken) => AskAsync("anvil_setLoggingEnabled", cancellationToken, false);

    private Task<JsonElement> AskAsync(string method, CancellationToken cancellationToken, params JsonNode[] parameters) =>
        transport.SendAsync(new RpcCall(method, new JsonArray(parameters)), cancellationToken);

    private static string Hex(BigInteger value) => "0x" + value.ToString("x", CultureInfo.InvariantCulture).TrimStart('0').PadLeft(1, '0');
}
