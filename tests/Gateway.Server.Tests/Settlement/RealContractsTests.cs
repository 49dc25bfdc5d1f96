using Gateway.Chain.Superfluid;
using Gateway.Chain.Transport;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Server.Settlement;
using Gateway.Testing;
using Gateway.Testing.Chains;
using Gateway.Testing.Redis;
using StackExchange.Redis;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

/// <summary>Settlement on the real contracts: Anvil, the framework as npm has it, and Redis.</summary>
public sealed class RealContractsTests(ChainFixture chain, RedisFixture redis) : IClassFixture<ChainFixture>, IClassFixture<RedisFixture>, IAsyncLifetime
{
    private static readonly FlowRate Price = FlowRate.FromWeiPerSecond(1_000_000_000_007);

    private readonly ShiftedTime _time = new();
    private RealLane _lane = null!; // Set before the test runs.

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Address Node => chain.Chain.Accounts.Payees[0].Address;

    private Address Community => chain.Chain.Accounts.Community.Address;

    private (Address Payee, uint Ppm)[] Payees => [(Node, 800_000), (Community, 200_000)];

    public async ValueTask InitializeAsync()
    {
        await using var admin = await ConnectionMultiplexer.ConnectAsync(redis.Connection + ",allowAdmin=true");
        await admin.GetServers()[0].FlushAllDatabasesAsync();
        await chain.Control.MineOnDemandAsync(Cancellation);
        _lane = await RealLane.StartAsync(chain, redis.Connection, _time, Cancellation);
        await _lane.NothingWasLostAsync(Cancellation);
    }

    public async ValueTask DisposeAsync() => await _lane.DisposeAsync();

    [Fact]
    public async Task Leases_of_many_payers_open_in_one_transaction_each_leg_exact_to_the_wei()
    {
        var payers = await NewPayersAsync(8);
        var before = await ConsumedAsync();
        for (var i = 0; i < payers.Length; i++)
            await _lane.OpenAsync($"lease-{i}", payers[i], Price, Payees, Cancellation);

        await SettleAsync();

        Assert.Equal(before + 1, await ConsumedAsync());
        for (var i = 0; i < payers.Length; i++)
        {
            Assert.Equal(800_000_000_006, (long)(await _lane.FlowAsync(payers[i], Node, Cancellation)).Rate.WeiPerSecond);
            Assert.Equal(200_000_000_001, (long)(await _lane.FlowAsync(payers[i], Community, Cancellation)).Rate.WeiPerSecond);
            Assert.Equal(LeaseState.Active, (await _lane.LeaseAsync($"lease-{i}", payers[i], Cancellation)).State);
        }
    }

    [Fact]
    public async Task A_lease_is_resized_and_closed_and_the_buffer_comes_back()
    {
        var payer = (await NewPayersAsync(1))[0];
        await _lane.OpenAsync("one", payer, Price, Payees, Cancellation);
        await SettleAsync();
        await _lane.ResizeAsync("one", payer, Price + Price, Cancellation);
        await SettleAsync();
        Assert.Equal(400_000_000_002, (long)(await _lane.FlowAsync(payer, Community, Cancellation)).Rate.WeiPerSecond);

        await _lane.CloseAsync("one", payer, Cancellation);
        await SettleAsync();

        Assert.True((await _lane.FlowAsync(payer, Node, Cancellation)).Rate.IsZero);
        Assert.Equal(TokenAmount.Zero, (await LookAsync(payer)).BufferDeposit);
        Assert.Equal(LeaseState.Closed, (await _lane.LeaseAsync("one", payer, Cancellation)).State);
    }

    [Fact]
    public async Task A_revoked_permission_and_an_empty_account_are_taken_out_of_the_batch_with_their_reasons()
    {
        var payers = await NewPayersAsync(6);
        var poor = await chain.NewPayerAsync(Cancellation, authorised: true, new Funds(TokenAmount.FromWei(1000), TokenAmount.Zero, 0, Funds.OfAvax(10)));
        await chain.CallCfaAsync(payers[2], FlowCalls.Revoke(chain.Chain.Tokens.Aleph, chain.Chain.Accounts.Operator.Address), Cancellation);
        var before = await ConsumedAsync();
        for (var i = 0; i < payers.Length; i++)
            await _lane.OpenAsync($"lease-{i}", payers[i], Price, Payees, Cancellation);
        await _lane.OpenAsync("poor", poor, Price, Payees, Cancellation);

        await SettleAsync();

        Assert.Equal(before + 1, await ConsumedAsync());
        var revoked = await _lane.LeaseAsync("lease-2", payers[2], Cancellation);
        Assert.Equal((LeaseState.Rejected, Reason.PermissionRevoked), (revoked.State, revoked.Reason));
        var refused = await _lane.LeaseAsync("poor", poor, Cancellation);
        Assert.Equal((LeaseState.Rejected, Reason.InsufficientBalance), (refused.State, refused.Reason));
        Assert.Equal(LeaseState.Active, (await _lane.LeaseAsync("lease-5", payers[5], Cancellation)).State);
    }

    [Fact]
    public async Task The_operator_may_itself_be_the_payer()
    {
        var self = chain.Chain.Accounts.Operator;
        await chain.Chain.FundAsync(Funds.OfPayer, [self], Cancellation);
        await _lane.OpenAsync("own", self, Price, Payees, Cancellation);
        await SettleAsync();
        Assert.Equal(800_000_000_006, (long)(await _lane.FlowAsync(self, Node, Cancellation)).Rate.WeiPerSecond);
        await _lane.ResizeAsync("own", self, Price + Price, Cancellation);
        await SettleAsync();

        await _lane.CloseAsync("own", self, Cancellation);
        await SettleAsync();

        Assert.True((await _lane.FlowAsync(self, Node, Cancellation)).Rate.IsZero);
    }

    [Fact]
    public async Task Closing_under_a_critical_payer_saves_his_buffer()
    {
        await using var isolation = await chain.IsolateAsync(Cancellation);
        // Enough for the deposit of four hours and a little more.
        var money = Price.Over(14_400 + 600);
        var payer = await chain.NewPayerAsync(Cancellation, authorised: true, new Funds(money, TokenAmount.Zero, 0, Funds.OfAvax(10)));
        await _lane.OpenAsync("one", payer, Price, [(Node, 1_000_000)], Cancellation);
        await SettleAsync();
        await chain.Control.AdvanceAsync(TimeSpan.FromSeconds(900), Cancellation);
        await chain.Control.MineAsync(Cancellation);
        Assert.True((await LookAsync(payer)).AvailableBalance.IsNegative);

        await _lane.CloseAsync("one", payer, Cancellation);
        await SettleAsync();

        // A plain delete would have left him nothing.
        Assert.True((await _lane.FlowAsync(payer, Node, Cancellation)).Rate.IsZero);
        Assert.InRange((await LookAsync(payer)).AvailableBalance.Wei, Price.Over(13_000).Wei, Price.Over(14_400).Wei);
    }

    [Fact]
    [Regression(9)]
    public async Task A_transaction_that_the_node_dropped_is_sent_again_unchanged()
    {
        var payer = (await NewPayersAsync(1))[0];
        await chain.Control.StopMiningAsync(Cancellation);
        await _lane.OpenAsync("one", payer, Price, Payees, Cancellation);
        await _lane.StepAsync(Cancellation);
        var sent = Assert.Single(await _lane.Lane.OpenSlotsAsync(Cancellation)).Attempts[0].Batch.Hash;
        await AskAsync("anvil_dropAllTransactions");
        await chain.Control.MineAsync(Cancellation);
        _time.Advance(TimeSpan.FromSeconds(5));

        await _lane.StepAsync(Cancellation);
        await chain.Control.MineAsync(Cancellation);
        await SettleAsync();

        Assert.NotNull(await chain.Rpc.GetReceiptAsync(sent, Cancellation));
        Assert.Equal(LeaseState.Active, (await _lane.LeaseAsync("one", payer, Cancellation)).State);
    }

    [Fact]
    [Regression(16)]
    public async Task A_nonce_that_another_holder_of_the_key_used_is_followed_by_the_next_one()
    {
        var payer = (await NewPayersAsync(1))[0];
        await chain.Control.StopMiningAsync(Cancellation);
        await _lane.OpenAsync("one", payer, Price, Payees, Cancellation);
        await _lane.StepAsync(Cancellation);
        await AskAsync("anvil_dropAllTransactions");
        await chain.Chain.Sender.SendAsync(chain.Chain.Accounts.Operator, payer.Address, [], Cancellation, gas: 21_000);
        await chain.Control.MineAsync(Cancellation);

        await SettleAsync();

        Assert.Equal(800_000_000_006, (long)(await _lane.FlowAsync(payer, Node, Cancellation)).Rate.WeiPerSecond);
        Assert.Equal(LeaseState.Active, (await _lane.LeaseAsync("one", payer, Cancellation)).State);
    }

    [Fact]
    public async Task A_price_that_rose_above_the_offer_is_followed_by_a_replacement()
    {
        var payer = (await NewPayersAsync(1))[0];
        await chain.Control.StopMiningAsync(Cancellation);
        await _lane.OpenAsync("one", payer, Price, Payees, Cancellation);
        await _lane.StepAsync(Cancellation);
        var slot = Assert.Single(await _lane.Lane.OpenSlotsAsync(Cancellation));
        var offered = slot.Attempts[0].Batch.Fee.MaxFeePerGas;
        await chain.Control.SetNextBaseFeeAsync(Wei.From(offered.Value * 2), Cancellation);
        await chain.Control.MineAsync(Cancellation);
        _time.Advance(TimeSpan.FromSeconds(60));

        await _lane.StepAsync(Cancellation);

        slot = Assert.Single(await _lane.Lane.OpenSlotsAsync(Cancellation));
        Assert.Equal([AttemptKind.First, AttemptKind.Bump], slot.Attempts.Select(a => a.Kind));
        await SettleAsync();
        Assert.Equal(LeaseState.Active, (await _lane.LeaseAsync("one", payer, Cancellation)).State);
    }

    [Fact]
    public async Task A_whole_gateway_settles_by_itself_says_how_its_lane_stands_and_gives_it_up_when_it_stops()
    {
        var payer = (await NewPayersAsync(1))[0];
        await chain.Control.SetIntervalMiningAsync(TimeSpan.FromSeconds(1), Cancellation);
        await using var gateway = await RealLane.StartAsync(chain, redis.Connection, _time, Cancellation);
        await gateway.RunAsync(Cancellation);
        using var changes = gateway.Changes.Subscribe(LeaseId.Parse("one"));

        await gateway.OpenAsync("one", payer, Price, Payees, Cancellation);

        while ((await changes.Reader.ReadAsync(Cancellation)).Lease.State != LeaseState.Active)
        {
            // Opening first.
        }

        var report = await gateway.Status.ReadAsync(Cancellation);
        Assert.Equal(chain.Chain.Accounts.Operator.Address, report.Operator);
        Assert.NotNull(report.Leader);
        Assert.True(report.Balance > Wei.Zero);
        Assert.True(report.GasSpentToday > Wei.Zero);
        Assert.True(report.GasSpentToday < report.GasBudgetToday);
        Assert.Empty(report.Troubles);
        await gateway.StopAsync(Cancellation);
        Assert.Null((await _lane.Status.ReadAsync(Cancellation)).Leader);
    }

    [Fact]
    [Regression(12)]
    [Regression(13)]
    [Regression(14)]
    [Incident("1.6.1")]
    public async Task Whatever_write_the_process_is_killed_at_each_change_is_made_once()
    {
        var faults = new Faults(strikeAt: 0, default);
        await TellAsync(faults, story: 0);

        for (var point = 1; point <= faults.Calls; point++)
            await TellAsync(new Faults(point, (FaultKind)(point % 4)), point);
    }

    private async Task TellAsync(Faults faults, int story)
    {
        var payers = await NewPayersAsync(2);
        await chain.Control.StopMiningAsync(Cancellation);
        var before = await ConsumedAsync();
        var process = await RealLane.StartAsync(chain, redis.Connection, _time, Cancellation, faults.Around);
        await _lane.OpenAsync($"{story}-one", payers[0], Price, Payees, Cancellation);
        await _lane.OpenAsync($"{story}-two", payers[1], Price, Payees, Cancellation);
        process = await LiveAsync(process, faults);
        await _lane.ResizeAsync($"{story}-one", payers[0], Price + Price, Cancellation);
        await _lane.CloseAsync($"{story}-two", payers[1], Cancellation);
        process = await LiveAsync(process, faults);
        await process.DisposeAsync();

        Assert.Equal(1_600_000_000_012, (long)(await _lane.FlowAsync(payers[0], Node, Cancellation)).Rate.WeiPerSecond);
        Assert.True((await _lane.FlowAsync(payers[1], Node, Cancellation)).Rate.IsZero);
        // Two transactions, whatever happened: nothing was sent twice under two nonces.
        Assert.Equal(before + 2, await ConsumedAsync());
        await chain.Control.MineOnDemandAsync(Cancellation);
    }

    /// <summary>Steps and blocks in turn; who is killed is followed by another process.</summary>
    private async Task<RealLane> LiveAsync(RealLane process, Faults faults)
    {
        for (var i = 0; i < 40; i++)
        {
            var result = await StepAsync(process);
            if (faults.IsDead && result is null)
            {
                await process.DisposeAsync();
                process = await RealLane.StartAsync(chain, redis.Connection, _time, Cancellation);
            }

            if (result == StepResult.Idle && await process.IsCleanAsync(Cancellation))
                return process;
            await chain.Control.MineAsync(Cancellation);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        throw new InvalidOperationException($"Not settled: {string.Join(", ", process.Troubles)}");
    }

    private static async Task<StepResult?> StepAsync(RealLane process)
    {
        try
        {
            var result = await process.StepAsync(Cancellation);
            // A kill that was swallowed on its way up: what is left of the process does nothing any more.
            return process.Troubles.Any(t => t.Trouble == LaneTrouble.SignerSilent) ? null : result;
        }
        catch (Exception e) when (e is ProcessKilledException or AggregateException)
        {
            return null;
        }
    }

    private Task SettleAsync() => _lane.SettleAsync(Cancellation);

    private async Task<DevAccount[]> NewPayersAsync(int count)
    {
        var payers = new DevAccount[count];
        for (var i = 0; i < count; i++)
            payers[i] = await chain.NewPayerAsync(Cancellation, authorised: true);
        return payers;
    }

    private async Task<ulong> ConsumedAsync() => (await chain.Rpc.GetTransactionCountAsync(
        chain.Chain.Accounts.Operator.Address, await chain.Rpc.GetBlockNumberAsync(Cancellation), Cancellation)).Value;

    private async Task<AccountObservation> LookAsync(DevAccount payer) => await _lane.Ports.Chain.LookAsync(
        _lane.KeyOf(payer), [Node], (await chain.Rpc.GetLatestBlockAsync(Cancellation)).Block, Cancellation);

    private async Task AskAsync(string method) => await chain.Chain.Anvil.Transport.SendAsync(new RpcCall(method, []), Cancellation);
}
