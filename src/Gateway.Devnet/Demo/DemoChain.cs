using System.Globalization;
using System.Numerics;
using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Devnet.World;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Superfluid.Gateway.V1;

namespace Gateway.Devnet.Demo;

/// <summary>The chain as the story checks it: by its own reads, not by what the gateway says.</summary>
internal sealed class DemoChain(DevnetWorld world)
{
    private readonly AgreementViews _agreements = new(world.Chain.Contracts);

    private Address Aleph => world.Chain.Tokens.Aleph;

    public async Task<FlowRate> FlowAsync(DevAccount payer, DevAccount payee, CancellationToken cancellationToken) =>
        (await _agreements.Flow(new FlowKey(Aleph, payer.Address, payee.Address)).AskAsync(Rpc, await HeadAsync(cancellationToken), cancellationToken)).Rate;

    /// <summary>What is locked for all of the payer's flows.</summary>
    public async Task<TokenAmount> BufferAsync(DevAccount payer, CancellationToken cancellationToken) =>
        (await _agreements.AccountFlows(AccountOf(payer)).AskAsync(Rpc, await HeadAsync(cancellationToken), cancellationToken)).Deposit;

    /// <summary>Available balance, and whether anybody could liquidate, at the newest block.</summary>
    public async Task<(TokenAmount Balance, bool IsCritical)> SolvencyAsync(DevAccount payer, CancellationToken cancellationToken)
    {
        var block = (await Rpc.GetLatestBlockAsync(cancellationToken)).Block;
        var balance = await TokenViews.AvailableBalance(AccountOf(payer), block.Time).AskAsync(Rpc, block.Number, cancellationToken);
        return (balance, await TokenViews.IsCritical(AccountOf(payer), block.Time).AskAsync(Rpc, block.Number, cancellationToken));
    }

    /// <summary>The payer moves his tokens elsewhere, but for so much.</summary>
    public async Task DrainAsync(DevAccount payer, DevAccount to, TokenAmount leaving, CancellationToken cancellationToken)
    {
        var (balance, _) = await SolvencyAsync(payer, cancellationToken);
        await SendAsync(payer, Aleph, TokenCalls.Transfer(to.Address, balance - leaving), cancellationToken);
    }

    /// <summary>The payer closes a flow in his own wallet.</summary>
    public async Task<TransactionReceipt> CloseOwnFlowAsync(DevAccount payer, DevAccount payee, CancellationToken cancellationToken) => await SendAsync(
        payer,
        world.Chain.Contracts.Host,
        HostCalls.CallAgreement(world.Chain.Contracts.Cfa, FlowCalls.Delete(Aleph, payer.Address, payee.Address), userData: []),
        cancellationToken);

    /// <summary>Signs what the gateway prepared, as it is.</summary>
    public async Task SignAsync(DevAccount wallet, PreparedTransactions prepared, CancellationToken cancellationToken)
    {
        foreach (var transaction in prepared.Transactions)
        {
            var receipt = await world.Chain.Sender.CallAsync(
                wallet,
                Address.Parse(transaction.To),
                Convert.FromHexString(transaction.Data.AsSpan(2)),
                cancellationToken,
                Wei.From(BigInteger.Parse(transaction.Value.Length == 0 ? "0" : transaction.Value, NumberStyles.None, CultureInfo.InvariantCulture)),
                ulong.Parse(transaction.GasLimit, NumberStyles.None, CultureInfo.InvariantCulture));
            Check.That(receipt.Succeeded, $"the prepared transaction '{transaction.Description}' failed");
        }
    }

    private IEthRpc Rpc => world.Chain.Anvil.Rpc;

    private Task<BlockNumber> HeadAsync(CancellationToken cancellationToken) => Rpc.GetBlockNumberAsync(cancellationToken);

    private AccountKey AccountOf(DevAccount payer) => new(Aleph, payer.Address);

    private async Task<TransactionReceipt> SendAsync(DevAccount from, Address to, byte[] data, CancellationToken cancellationToken)
    {
        var receipt = await world.Chain.Sender.CallAsync(from, to, data, cancellationToken);
        Check.That(receipt.Succeeded, $"a transaction of {from} failed");
        return receipt;
    }
}

/// <summary>What the story claims must be so.</summary>
internal static class Check
{
    /// <exception cref="DemoFailedException">It is not.</exception>
    public static void That(bool holds, string otherwise)
    {
        if (!holds)
            throw new DemoFailedException(otherwise);
    }
}

/// <summary>A step of the story did not come out as it should.</summary>
internal sealed class DemoFailedException(string what) : Exception(what);
