using Gateway.Chain.Abi;
using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Chains;
using Gateway.Server.Evaluation;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Hosting;
using Gateway.Testing.Chains;
using Xunit;

namespace Gateway.Server.Tests.Watching;

/// <summary>What can change an account's solvency (superfluid.md §2.6), each kind done once on the real contracts: the watcher looks at the account because of its log.</summary>
public sealed class SolvencyLogTests(SteppedWorld stepped) : WatcherTest(stepped), IAsyncLifetime
{
    private static readonly TokenAmount Some = Funds.OfTokens(10);
    private static readonly ContractAbi Governance = ContractAbi.Load("TestGovernance");

    private SteppedGateway _gateway = null!; // Set before the test runs.

    private Address Token => World.Chain.Tokens.Aleph;

    private DevAccount Governor => World.Chain.Accounts.Governor;

    private Pools Pools => new(World.Chain, Token);

    private Address Stranger => World.Chain.Accounts.Payees[2].Address;

    public async ValueTask InitializeAsync() => _gateway = await Stepped.NewGatewayAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Theory]
    [InlineData("a flow of his to a stranger")]
    [InlineData("a flow of a stranger to him")]
    [InlineData("his flow lowered by himself")]
    [InlineData("his flow closed by himself")]
    [InlineData("his flow closed by its payee")]
    [InlineData("our permission revoked")]
    [InlineData("our allowance lowered")]
    [InlineData("a transfer from him")]
    [InlineData("a transfer to him")]
    [InlineData("all he has transferred")]
    [InlineData("a distribution by him")]
    [InlineData("a streamed distribution by him")]
    [InlineData("his connection to a pool")]
    public async Task An_account_is_looked_at_after(string what)
    {
        var payer = await WatchedAsync();
        await ActAsync(what, payer);
        var changedAt = (await HeadAsync()).Block.Number;

        await WatchAsync(_gateway);

        Assert.Equal(changedAt, await VerifiedAtAsync(payer));
    }

    /// <summary>Minted and Burned stand beside a Transfer from, or to, nobody.</summary>
    [Fact]
    public async Task An_account_is_looked_at_after_it_was_unwrapped_and_wrapped_again()
    {
        var token = World.Chain.Tokens.Usdcx;
        var payer = NextPayer();
        await WatchAsync(_gateway);
        await ActivateAsync(_gateway, payer, token);
        await WatchAsync(_gateway);

        foreach (var call in (byte[][])[TokenCalls.Downgrade(Some), TokenCalls.Upgrade(Some)])
        {
            await World.Chain.Sender.CallAsync(payer, World.Chain.Tokens.Usdc, TokenCalls.ApproveUnderlying(token, Some.Wei), Cancellation);
            await World.Chain.Sender.CallAsync(payer, token, call, Cancellation);
            await WatchAsync(_gateway);
            Assert.Equal((await HeadAsync()).Block.Number, await VerifiedAtAsync(payer, token));
        }
    }

    /// <summary>AgreementUpdated of (payer, operator) tells of it and names nobody; the log of the payer's own state stands beside it.</summary>
    [Fact]
    public async Task What_our_operator_has_used_up_of_an_allowance_is_known_after_the_change_that_used_it()
    {
        var payer = await WatchedAsync();
        var allowed = FlowRate.FromWeiPerSecond(Rate.WeiPerSecond * 5);
        await AgreeAsync(payer, FlowCalls.SetPermissions(Token, World.Chain.Accounts.Operator.Address, FlowPermissions.All, allowed));
        await WatchAsync(_gateway);
        Assert.Equal(allowed, (await HealthAsync(payer)).Grant.Allowance);

        var doubled = new LeaseChange(FlowRate.FromWeiPerSecond(Rate.WeiPerSecond * 2), Priority: null, PausedRate: null, TimeProvider.System.GetUtcNow(), TraceParent: null);
        await _gateway.Get<AccountSession>().ChangeAsync(AccountOf(payer), book => AccountMachine.Update(book, LeaseOf(payer), doubled), Cancellation);
        await SettleAsync(_gateway, AccountOf(payer), LeaseOf(payer));
        await WatchAsync(_gateway);

        Assert.Equal(FlowRate.FromWeiPerSecond(Rate.WeiPerSecond * 4), (await HealthAsync(payer)).Grant.Allowance);
    }

    /// <summary>No log names a member when what his pool gets, or his share of it, changes: and yet his income falls.</summary>
    [Theory]
    [InlineData("less is streamed to the pool")]
    [InlineData("another member gets most of the units")]
    [InlineData("most of his own units are taken")]
    public async Task Members_that_no_log_names_are_looked_at_after(string what)
    {
        var pool = await Pools.CreateAsync(Governor, Cancellation);
        var payer = await WatchedAsync();
        await Pools.ConnectAsync(payer, pool, Cancellation);
        await Pools.GiveUnitsAsync(Governor, pool, payer.Address, 10, Cancellation);
        await Pools.GiveUnitsAsync(Governor, pool, Stranger, 10, Cancellation);
        await Pools.DistributeFlowAsync(Governor, pool, FlowRate.FromWeiPerSecond(10_000_000_000), Cancellation);
        await WatchAsync(_gateway);
        var before = await LookedAtAsync(payer);
        var bystander = await WatchedAsync();
        var bystanderAt = await VerifiedAtAsync(bystander);

        await (what switch
        {
            "less is streamed to the pool" => Pools.DistributeFlowAsync(Governor, pool, FlowRate.FromWeiPerSecond(2_000_000_000), Cancellation),
            "another member gets most of the units" => Pools.GiveUnitsAsync(Governor, pool, Stranger, 90, Cancellation),
            _ => Pools.GiveUnitsAsync(Governor, pool, payer.Address, 1, Cancellation),
        });
        await WatchAsync(_gateway);
        var after = await LookedAtAsync(payer);

        Assert.Equal((await HeadAsync()).Block.Number, after.Block);
        Assert.True(after.NetFlowRate.WeiPerSecond < before.NetFlowRate.WeiPerSecond, $"{before.NetFlowRate} → {after.NetFlowRate}");
        Assert.Equal(bystanderAt, await VerifiedAtAsync(bystander));
    }

    [Theory]
    [InlineData("minimum deposit")]
    [InlineData("periods")]
    [InlineData("reward address")]
    public async Task After_a_change_by_governance_every_account_of_the_token_is_looked_at_in_full(string what)
    {
        var payer = await WatchedAsync();
        await World.Chain.Anvil.Control.AdvanceAsync(TimeSpan.FromSeconds(3), Cancellation);
        await MineAsync(blocks: 1);
        await _gateway.Get<AccountEvaluator>().EvaluateAsync(AccountOf(payer), at: null, Cancellation);
        Assert.True(await HasGlanceAsync(payer));
        var (host, before) = (World.Chain.Contracts.Host, _gateway.Get<ChainDirectory>().Find(Token)!);

        var call = what switch
        {
            "minimum deposit" => Governance.Function("setSuperTokenMinimumDeposit").Encode(host, Token, before.Parameters.MinimumDeposit.Wei + 1),
            "periods" => Governance.Function("setPPPConfig").Encode(host, Token, before.Parameters.LiquidationPeriodSeconds + 3600, before.Parameters.PatricianPeriodSeconds),
            _ => Governance.Function("setRewardAddress").Encode(host, Token, payer.Address),
        };
        await World.Chain.Sender.CallAsync(Governor, World.Chain.Framework.Governance, call, Cancellation);
        await WatchAsync(_gateway);

        Assert.False(await HasGlanceAsync(payer));
        Assert.NotEqual(before, _gateway.Get<ChainDirectory>().Find(Token));
    }

    private async Task ActAsync(string what, DevAccount payer)
    {
        var (chain, key) = (World.Chain, new FlowKey(Token, payer.Address, Node.Address));
        await (what switch
        {
            "a flow of his to a stranger" => AgreeAsync(payer, FlowCalls.Create(Token, Stranger, Rate)),
            "a flow of a stranger to him" => AgreeAsync(Governor, FlowCalls.Create(Token, payer.Address, Rate)),
            "his flow lowered by himself" => AgreeAsync(payer, FlowCalls.Update(Token, Node.Address, FlowRate.FromWeiPerSecond(1))),
            "his flow closed by himself" => AgreeAsync(payer, FlowCalls.Delete(Token, payer.Address, Node.Address)),
            "his flow closed by its payee" => AgreeAsync(Node, FlowCalls.Delete(Token, payer.Address, Node.Address)),
            "our permission revoked" => AgreeAsync(payer, FlowCalls.Revoke(Token, chain.Accounts.Operator.Address)),
            "our allowance lowered" => AgreeAsync(payer, FlowCalls.SetPermissions(Token, chain.Accounts.Operator.Address, FlowPermissions.All, Rate)),
            "a transfer from him" => SendAsync(payer, TokenCalls.Transfer(Stranger, Some)),
            "a transfer to him" => SendAsync(Governor, TokenCalls.Transfer(payer.Address, Some)),
            "all he has transferred" => SendAsync(payer, TokenCalls.TransferAll(Stranger)),
            "a distribution by him" => DistributeAsync(pool => Pools.DistributeAsync(payer, pool, Some, Cancellation)),
            "a streamed distribution by him" => DistributeAsync(pool => Pools.DistributeFlowAsync(payer, pool, Rate, Cancellation)),
            "his connection to a pool" => DistributeAsync(pool => Pools.ConnectAsync(payer, pool, Cancellation)),
            _ => throw new ArgumentOutOfRangeException(nameof(what), what, "Not one of the cases."),
        });
    }

    private Task<TransactionReceipt> AgreeAsync(DevAccount from, byte[] call) =>
        World.Chain.Sender.CallAsync(from, World.Chain.Contracts.Host, HostCalls.CallAgreement(World.Chain.Contracts.Cfa, call, userData: []), Cancellation);

    private Task<TransactionReceipt> SendAsync(DevAccount from, byte[] call) => World.Chain.Sender.CallAsync(from, Token, call, Cancellation);

    /// <summary>With a pool that has a member.</summary>
    private async Task DistributeAsync(Func<Address, Task> act)
    {
        var pool = await Pools.CreateAsync(Governor, Cancellation);
        await Pools.GiveUnitsAsync(Governor, pool, Stranger, 1, Cancellation);
        await WatchAsync(_gateway);
        await act(pool);
    }

    /// <summary>One whose lease is active, and known to the watcher.</summary>
    private async Task<DevAccount> WatchedAsync()
    {
        var payer = NextPayer();
        await WatchAsync(_gateway);
        await ActivateAsync(_gateway, payer);
        await WatchAsync(_gateway);
        return payer;
    }

    private async Task<BlockNumber> VerifiedAtAsync(DevAccount payer, Address? token = null) => (await HealthAsync(payer, token)).Block;

    private async Task<AccountHealth> HealthAsync(DevAccount payer, Address? token = null) =>
        (await _gateway.Get<AccountStore>().LoadAccountAsync(new AccountKey(token ?? Token, payer.Address), Cancellation)).Health!; // Its lease was opened.

    /// <summary>What is due is looked at; of those that are not, nobody is.</summary>
    private async Task<AccountHealth> LookedAtAsync(DevAccount payer)
    {
        await _gateway.Get<DeadlineStep>().RunOnceAsync(Cancellation);
        return await HealthAsync(payer);
    }

    private async Task<bool> HasGlanceAsync(DevAccount payer)
    {
        var database = (await _gateway.Get<RedisConnection>().MultiplexerAsync(Cancellation)).GetDatabase();
        return await database.HashExistsAsync(RedisKeys.Of(AccountOf(payer)).InShard.Glances, AccountOf(payer).ToString());
    }
}
