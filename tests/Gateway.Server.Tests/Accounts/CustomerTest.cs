using System.Globalization;
using System.Numerics;
using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Accounts;
using Gateway.Server.Tests.Hosting;
using Xunit;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Tests.Accounts;

/// <summary>A customer with money and a wallet on the real contracts, and a gateway's desk before him.</summary>
public abstract class CustomerTest(SteppedWorld stepped)
{
    /// <summary>Those of the world itself have lower numbers.</summary>
    private static int _lastPayer = 500_000;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    internal Devnet.World.DevnetChain Chain => stepped.World.Chain;

    internal Task<SteppedGateway> NewGatewayAsync() => stepped.NewGatewayAsync();

    /// <summary>Nobody has used it, and it has authorised nobody.</summary>
    internal async Task<DevAccount> NewPayerAsync()
    {
        var payer = DevAccount.Of("payer", Interlocked.Increment(ref _lastPayer));
        await Chain.FundAsync(Funds.OfPayer, [payer], Cancellation);
        return payer;
    }

    /// <summary>Signed as it is: what was prepared is what is sent, with no more gas than it says.</summary>
    internal async Task<TransactionReceipt> SignAsync(DevAccount signer, Wire.UnsignedTransaction transaction)
    {
        var receipt = await Chain.Sender.CallAsync(
            signer,
            Address.Parse(transaction.To),
            Convert.FromHexString(transaction.Data[2..]),
            Cancellation,
            Wei.From(BigInteger.Parse(transaction.Value, NumberStyles.None, CultureInfo.InvariantCulture)),
            ulong.Parse(transaction.GasLimit, NumberStyles.None, CultureInfo.InvariantCulture));
        Assert.True(receipt.Succeeded, $"it reverted with {receipt.GasUsed} of {transaction.GasLimit} gas: {transaction.Description}");
        return receipt;
    }

    internal static async Task<Wire.Account> LookAsync(SteppedGateway gateway, DevAccount payer, string token) =>
        await gateway.Get<AccountDesk>().GetAccountAsync(new Wire.GetAccountRequest { Payer = payer.Address.ToString(), Token = token }, Cancellation);

    internal async Task<TokenAmount> AvailableAsync(DevAccount account, Address token)
    {
        var head = (await Chain.Anvil.Rpc.GetLatestBlockAsync(Cancellation)).Block;
        return await TokenViews.AvailableBalance(new AccountKey(token, account.Address), head.Time).AskAsync(Chain.Anvil.Rpc, head.Number, Cancellation);
    }

    internal async Task<OperatorGrant> GrantAsync(DevAccount payer, Address token)
    {
        var head = await Chain.Anvil.Rpc.GetBlockNumberAsync(Cancellation);
        var key = new AccountKey(token, payer.Address);
        return await new AgreementViews(Chain.Contracts).Grant(key, Chain.Accounts.Operator.Address).AskAsync(Chain.Anvil.Rpc, head, Cancellation);
    }

    /// <summary>Through the Host, as wallets do.</summary>
    internal Task<TransactionReceipt> CallCfaAsync(DevAccount from, byte[] data) =>
        Chain.Sender.CallAsync(from, Chain.Contracts.Host, HostCalls.CallAgreement(Chain.Contracts.Cfa, data, userData: []), Cancellation);
}
