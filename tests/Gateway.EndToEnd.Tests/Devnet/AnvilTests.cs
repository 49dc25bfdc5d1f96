using Gateway.Devnet.Accounts;
using Gateway.Devnet.Anvil;
using Gateway.Domain.Money;
using Gateway.Testing.Chains;
using Xunit;

namespace Gateway.EndToEnd.Tests.Devnet;

/// <summary>What a local chain can be made to do, and that two of them are the same.</summary>
public sealed class AnvilTests(ChainFixture chain) : IClassFixture<ChainFixture>
{
    [Fact]
    public async Task A_snapshot_brings_back_balances_blocks_and_clock_once()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var account = chain.NewAccount("payer").Address;
        var before = (await chain.Rpc.GetLatestBlockAsync(cancellationToken)).Block;
        var snapshot = await chain.Control.SnapshotAsync(cancellationToken);
        await chain.Control.SetBalanceAsync(account, Funds.OfAvax(1), cancellationToken);
        await chain.Control.MineAtAsync(before.Time.PlusSeconds(1_000), cancellationToken);

        await chain.Control.RevertAsync(snapshot, cancellationToken);

        Assert.Equal(before, (await chain.Rpc.GetLatestBlockAsync(cancellationToken)).Block);
        Assert.Equal(Wei.Zero, await chain.Rpc.GetBalanceAsync(account, before.Number, cancellationToken));
        await Assert.ThrowsAsync<InvalidOperationException>(() => chain.Control.RevertAsync(snapshot, cancellationToken));
    }

    [Fact]
    public async Task The_clock_goes_where_it_is_sent()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var isolation = await chain.IsolateAsync(cancellationToken);
        var before = (await chain.Rpc.GetLatestBlockAsync(cancellationToken)).Block.Time;

        await chain.Control.MineAtAsync(before.PlusSeconds(100_000), cancellationToken);
        Assert.Equal(before.PlusSeconds(100_000), (await chain.Rpc.GetLatestBlockAsync(cancellationToken)).Block.Time);

        await chain.Control.AdvanceAsync(TimeSpan.FromHours(1), cancellationToken);
        await chain.Control.MineAsync(cancellationToken);
        Assert.True((await chain.Rpc.GetLatestBlockAsync(cancellationToken)).Block.Time >= before.PlusSeconds(103_600));
    }

    [Fact]
    public async Task A_base_fee_and_a_gas_limit_are_those_of_the_next_block()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var isolation = await chain.IsolateAsync(cancellationToken);
        await chain.Control.SetNextBaseFeeAsync(Wei.FromGwei(77), cancellationToken);
        await chain.Control.SetBlockGasLimitAsync(50_000_000, cancellationToken);
        try
        {
            await chain.Control.MineAsync(cancellationToken);

            var head = await chain.Rpc.GetLatestBlockAsync(cancellationToken);
            Assert.Equal((Wei.FromGwei(77), 50_000_000UL), (head.BaseFee, head.GasLimit));
        }
        finally
        {
            await chain.Control.SetBlockGasLimitAsync(new AnvilOptions().BlockGasLimit, cancellationToken);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(500)]
    [InlineData(1500)]
    public async Task A_block_time_is_a_whole_number_of_seconds(int milliseconds) => await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() =>
        chain.Control.SetIntervalMiningAsync(TimeSpan.FromMilliseconds(milliseconds), TestContext.Current.CancellationToken));

    [Fact]
    public async Task Two_chains_have_the_same_contracts_and_people_at_the_same_addresses()
    {
        var other = new ChainFixture();
        await other.InitializeAsync();
        await using var _ = other;

        Assert.Equal(chain.Chain.Framework, other.Chain.Framework);
        Assert.Equal(chain.Chain.Tokens, other.Chain.Tokens);
        Assert.Equal(chain.Chain.Accounts.Operator.Address, other.Chain.Accounts.Operator.Address);
        Assert.NotEqual(chain.Chain.Anvil.Url, other.Chain.Anvil.Url);
    }

    [Fact]
    public async Task A_chain_that_is_stopped_says_so()
    {
        var other = new ChainFixture();
        await other.InitializeAsync();
        var exited = new TaskCompletionSource();
        await using var registration = other.Chain.Anvil.Exited.Register(exited.SetResult);

        await other.DisposeAsync();

        await exited.Task.WaitAsync(TestContext.Current.CancellationToken);
    }
}
