using System.Globalization;
using System.Numerics;
using Gateway.Chain.Rpc;
using Gateway.Chain.Signing;
using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Superfluid.Gateway.V1;
using Xunit;

namespace Gateway.Server.Tests.Hosting;

/// <summary>What payers do in their own wallets, and what the chain says of it.</summary>
internal static class Acts
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The whole flow, as the newest block shows it.</summary>
    public static async Task<FlowRate> FlowAsync(this HostedGateway gateway, Address payer, Address payee)
    {
        var rpc = gateway.World.Chain.Anvil.Rpc;
        var flow = new FlowKey(gateway.World.Chain.Tokens.Aleph, payer, payee);
        var reading = await new AgreementViews(gateway.World.Chain.Contracts).Flow(flow).AskAsync(rpc, await rpc.GetBlockNumberAsync(Cancellation), Cancellation);
        return reading.Rate;
    }

    /// <summary>Calls the CFA through the Host, as wallets do.</summary>
    public static Task<TransactionReceipt> CallCfaAsync(this HostedGateway gateway, DevAccount from, byte[] data) =>
        gateway.World.Chain.Sender.CallAsync(from, gateway.World.Chain.Contracts.Host, HostCalls.CallAgreement(gateway.World.Chain.Contracts.Cfa, data, []), Cancellation);

    public static Task<TransactionReceipt> GrantAsync(this HostedGateway gateway, DevAccount payer, FlowPermissions permissions, FlowRate allowance) =>
        gateway.CallCfaAsync(payer, FlowCalls.SetPermissions(gateway.World.Chain.Tokens.Aleph, gateway.World.Chain.Accounts.Operator.Address, permissions, allowance));

    /// <summary>What was prepared for a wallet, as it is.</summary>
    public static async Task SignAsync(this HostedGateway gateway, DevAccount signer, UnsignedTransaction transaction)
    {
        var value = Wei.From(BigInteger.Parse(transaction.Value, NumberStyles.None, CultureInfo.InvariantCulture));
        var receipt = await gateway.World.Chain.Sender.CallAsync(
            signer, Address.Parse(transaction.To), Convert.FromHexString(transaction.Data[2..]), Cancellation, value, ulong.Parse(transaction.GasLimit, CultureInfo.InvariantCulture));
        Assert.True(receipt.Succeeded);
    }

    /// <summary>A contract that registers itself as a SuperApp in its constructor, and holds nothing but a stop.</summary>
    public static async Task<Address> DeploySuperAppAsync(this HostedGateway gateway)
    {
        var selector = Convert.ToHexStringLower(Keccak.HashText("registerApp(uint256)")[..4]);
        var host = gateway.World.Chain.Contracts.Host.ToString()[2..];
        // Memory 0…35: the call with the final app level, 1. It reverts where the Host does, else leaves one byte of code, a stop, for what jumps to 0x39.
        var init = $"63{selector}60e01b600052" + "6001600452" + $"6000600060246000600073{host}5af1" + "603957" + "60006000fd" + "5b6000600053" + "60016000f3";
        var receipt = await gateway.World.Chain.Sender.CallAsync(
            gateway.World.Chain.Accounts.Governor, to: null, Convert.FromHexString(init), Cancellation, gas: 1_000_000);
        Assert.True(receipt.Succeeded);
        // AppRegistered(app), by the Host.
        var app = Address.FromBytes(receipt.Logs[0].Topics[1].ToBytes().AsSpan(12));
        var isApp = new HostViews(gateway.World.Chain.Contracts).IsApp(app);
        Assert.True(await isApp.AskAsync(gateway.World.Chain.Anvil.Rpc, receipt.Block.Number, Cancellation));
        return app;
    }
}
