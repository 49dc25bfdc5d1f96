using Gateway.Chain.Superfluid;
using Gateway.Domain.Money;
using Gateway.Server.Accounts.Preparing;
using Gateway.Server.Tests.Hosting;
using Gateway.Testing.Chains;
using Xunit;

namespace Gateway.Server.Tests.Accounts;

/// <summary>Transactions that depend on each other, tried out on the real contracts before anybody signs them.</summary>
public sealed class CallSimulatorTests(SteppedWorld stepped) : CustomerTest(stepped), IClassFixture<SteppedWorld>
{
    private static readonly TokenAmount Amount = TokenAmount.Parse("25000000000000000000");

    private PlannedCall Approve => new(Chain.Tokens.Usdc, TokenCalls.ApproveUnderlying(Chain.Tokens.Usdcx, 25_000_000), "allow");

    private PlannedCall Upgrade => new(Chain.Tokens.Usdcx, TokenCalls.Upgrade(Amount), "wrap");

    [Fact]
    public async Task Each_call_of_a_row_finds_what_those_before_it_did()
    {
        var payer = await NewPayerAsync();
        var simulator = new CallSimulator(Chain.Anvil.Rpc);
        var at = await Chain.Anvil.Rpc.GetBlockNumberAsync(Cancellation);

        var alone = await Assert.ThrowsAsync<WouldFailException>(() => simulator.PrepareAsync(payer.Address, Upgrade, at, Cancellation));
        var row = await simulator.PrepareAllAsync(payer.Address, [Approve, Upgrade], [1, 1], at, Cancellation);

        Assert.Contains("wrap", alone.Message, StringComparison.Ordinal);
        foreach (var transaction in row)
        {
            var receipt = await Chain.Sender.CallAsync(payer, transaction.To, transaction.Data, Cancellation, gas: transaction.GasLimit);
            Assert.True(receipt.Succeeded);
            // Half of a limit is charged anyway (superfluid.md §11.2), so within twice the use it costs nobody anything.
            Assert.InRange(transaction.GasLimit, receipt.GasUsed, receipt.GasUsed * 2);
        }
    }

    [Fact]
    public async Task A_row_that_would_revert_is_refused_by_the_name_of_the_error()
    {
        var payer = await NewPayerAsync();
        var at = await Chain.Anvil.Rpc.GetBlockNumberAsync(Cancellation);
        var steal = new PlannedCall(Chain.Tokens.Aleph, TokenCalls.Transfer(Chain.Accounts.Payees[0].Address, TokenAmount.FromWei(System.Numerics.BigInteger.Pow(10, 24))), "send");

        var refused = await Assert.ThrowsAsync<WouldFailException>(
            () => new CallSimulator(Chain.Anvil.Rpc).PrepareAllAsync(payer.Address, [Approve, steal], [1, 1], at, Cancellation));

        Assert.Contains("SF_TOKEN_MOVE_INSUFFICIENT_BALANCE", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_a_node_simulates_no_rows_the_measured_bounds_suffice()
    {
        var payer = await NewPayerAsync();
        var plain = LimitedNode.WithoutOverrides(Chain.Anvil.Rpc);
        var at = await Chain.Anvil.Rpc.GetBlockNumberAsync(Cancellation);

        var row = await new CallSimulator(plain).PrepareAllAsync(payer.Address, [Approve, Upgrade], [0, TopUpPreparer.WrapGas], at, Cancellation);

        Assert.Equal(TopUpPreparer.WrapGas, row[1].GasLimit);
        foreach (var transaction in row)
            Assert.True((await Chain.Sender.CallAsync(payer, transaction.To, transaction.Data, Cancellation, gas: transaction.GasLimit)).Succeeded);
    }
}
