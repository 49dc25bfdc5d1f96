using System.Numerics;
using System.Text.Json.Nodes;
using Gateway.Chain.Abi;
using Gateway.Chain.Signing;
using Gateway.Chain.Superfluid;
using Gateway.Chain.Transport;
using Gateway.Devnet.World;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Benchmarks.Scale;

/// <summary>Writes a population into the storage of the real contracts, as its transactions would have left it: really sent, they would take an hour.</summary>
/// <remarks>The words are those of superfluid.md §1.1; what the contracts then answer is compared before anything is measured.</remarks>
internal sealed class SeededChain(DevnetChain chain)
{
    private const int AtOnce = 400;
    private const int MostSlots = 20;

    private static readonly AbiType[] DataTypes = [AbiType.Parse("string"), AbiType.Parse("address"), AbiType.Parse("bytes32")];
    private static readonly AbiType[] StateTypes = [AbiType.Parse("string"), AbiType.Parse("address"), AbiType.Parse("address"), AbiType.Parse("uint256")];
    private static readonly AbiType[] OperatorTypes = [AbiType.Parse("string"), AbiType.Parse("address"), AbiType.Parse("address")];
    private static readonly AbiType[] MapTypes = [AbiType.Parse("address"), AbiType.Parse("uint256")];

    public async Task WriteAsync(Population people, CancellationToken cancellationToken)
    {
        var balances = await BalancesSlotAsync(people.SuperToken, cancellationToken);
        foreach (var some in Enumerable.Range(0, people.Accounts).Chunk(AtOnce / 4))
        {
            var words = some.SelectMany(i => WordsOf(people, i, balances));
            var calls = words.Select(w => new RpcCall("anvil_setStorageAt", new JsonArray(people.SuperToken.ToString(), Hex(w.Slot), Hex(w.Word)))).ToList();
            foreach (var answer in await chain.Anvil.Transport.SendBatchAsync(calls, cancellationToken))
                answer.Unwrap();
        }

        await chain.Anvil.Control.MineAsync(cancellationToken);
        await CompareAsync(people, cancellationToken);
    }

    private IEnumerable<(byte[] Slot, byte[] Word)> WordsOf(Population people, int account, int balances)
    {
        var flow = people.FlowOf(account);
        var deposit = (people.Deposit.Wei >> 32) << 64;
        var time = (BigInteger)people.Since.UnixSeconds << 224;
        var rate = (BigInteger)people.FlowRate.WeiPerSecond;
        var net = (BigInteger.One << 96) - rate; // Two's complement of what only flows out.
        var cfa = chain.Contracts.Cfa;
        yield return (BalanceSlot(flow.Payer, balances), Word(Population.Settled.Wei));
        yield return (DataSlot(FlowEvents.FlowId(flow.Payer, flow.Payee)), Word(time | (rate << 128) | deposit));
        yield return (Keccak.Hash(AbiEncoder.Encode(StateTypes, ["AgreementState", cfa, flow.Payer, BigInteger.Zero])), Word(time | (net << 128) | deposit));
        var grant = Keccak.Hash(AbiEncoder.Encode(OperatorTypes, ["flowOperator", flow.Payer, chain.Accounts.Operator.Address]));
        yield return (DataSlot(grant), Word(((BigInteger)(int)FlowPermissions.All << 128) | FlowRate.Max.WeiPerSecond));

        byte[] DataSlot(byte[] id) => Keccak.Hash(AbiEncoder.Encode(DataTypes, ["AgreementData", cfa, Hash32.FromBytes(id)]));
    }

    /// <summary>Where the token keeps balances, found by one that is known.</summary>
    private async Task<int> BalancesSlotAsync(Address superToken, CancellationToken cancellationToken)
    {
        var rich = chain.Accounts.Governor.Address;
        var head = (await chain.Anvil.Rpc.GetLatestBlockAsync(cancellationToken)).Block;
        var balance = await TokenViews.AvailableBalance(new AccountKey(superToken, rich), head.Time).AskAsync(chain.Anvil.Rpc, head.Number, cancellationToken);
        for (var slot = 0; slot < MostSlots; slot++)
        {
            var word = await chain.Anvil.Transport.SendAsync(
                new RpcCall("eth_getStorageAt", new JsonArray(superToken.ToString(), Hex(BalanceSlot(rich, slot)), "latest")), cancellationToken);
            if (string.Equals(word.GetString(), Hex(Word(balance.Wei)), StringComparison.Ordinal))
                return slot;
        }

        throw new InvalidOperationException("The token keeps its balances elsewhere: this version of the contracts is not known here.");
    }

    /// <exception cref="InvalidOperationException">The contracts answer something else than was meant.</exception>
    private async Task CompareAsync(Population people, CancellationToken cancellationToken)
    {
        var block = (await chain.Anvil.Rpc.GetLatestBlockAsync(cancellationToken)).Block;
        var reader = new AccountReader(chain.Contracts, chain.Accounts.Operator.Address, chain.Anvil.Rpc);
        foreach (var i in (int[])[0, people.Accounts / 2, people.Accounts - 1])
        {
            var expected = people.BookOf(i, block).Account;
            var seen = await reader.ReadAsync(people.KeyOf(i), expected.Flows.Keys, block, block.Time, people.Parameters, cancellationToken);
            var flow = expected.Flows.Values.Single();
            var health = expected.Health!;
            if (seen.FlowTo(flow.Payee) != flow.Observed || seen.AvailableBalance != health.AvailableBalance || seen.NetFlowRate != health.NetFlowRate
                || seen.LastChanged != health.LastChanged || seen.Grant != health.Grant)
                throw new InvalidOperationException($"The contracts show another account than was written: {seen}, not {health}.");
        }
    }

    private static byte[] BalanceSlot(Address account, int slot) => Keccak.Hash(AbiEncoder.Encode(MapTypes, [account, (BigInteger)slot]));

    private static byte[] Word(BigInteger value)
    {
        var bytes = value.ToByteArray(isUnsigned: true, isBigEndian: true);
        return [.. new byte[32 - bytes.Length], .. bytes];
    }

    private static string Hex(byte[] bytes) => "0x" + Convert.ToHexStringLower(bytes);
}
