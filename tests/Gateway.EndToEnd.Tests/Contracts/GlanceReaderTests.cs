using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Testing.Chains;
using Xunit;

namespace Gateway.EndToEnd.Tests.Contracts;

/// <summary>A glance at many accounts shows of each what a look at it alone shows, however the node is asked.</summary>
public sealed class GlanceReaderTests(ChainFixture chain) : IClassFixture<ChainFixture>
{
    private static readonly TokenParameters Parameters = new(14400, 1800, TokenAmount.Zero);

    private Address Aleph => chain.Chain.Tokens.Aleph;

    private Address Operator => chain.Chain.Accounts.Operator.Address;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Each_account_is_seen_as_a_look_at_it_alone_sees_it(bool withOverrides)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var (rich, poor) = (await chain.NewPayerAsync(cancellationToken, authorised: true), await chain.NewPayerAsync(cancellationToken));
        await chain.CallCfaAsync(
            chain.Chain.Accounts.Operator,
            FlowCalls.CreateByOperator(new FlowKey(Aleph, rich.Address, chain.NewAccount("payee").Address), FlowRate.FromWeiPerSecond(1_000_003)),
            cancellationToken);
        await chain.CallCfaAsync(poor, FlowCalls.Create(Aleph, rich.Address, FlowRate.FromWeiPerSecond(7)), cancellationToken);
        AccountKey[] accounts =
        [
            new(Aleph, rich.Address), new(chain.Chain.Tokens.Usdcx, rich.Address), new(Aleph, poor.Address), new(Aleph, chain.NewAccount("nobody").Address), new(Aleph, Operator),
        ];
        var head = (await chain.Rpc.GetLatestBlockAsync(cancellationToken)).Block;
        var at = head.Time.PlusSeconds(1_000);

        var seen = await ReaderOver(withOverrides ? LimitedNode.WithoutBatches(chain.Rpc) : LimitedNode.WithoutOverrides(chain.Rpc)).ReadAsync(accounts, head, at, cancellationToken);

        var looks = new AccountReader(chain.Contracts, Operator, chain.Rpc);
        foreach (var (account, glance) in accounts.Zip(seen))
        {
            var look = await looks.ReadAsync(account, [], head, at, Parameters, cancellationToken);
            Assert.Equal(
                new AccountGlance(head.Number, at, look.AvailableBalance, look.BufferDeposit, look.NetFlowRate, look.LastChanged, look.Grant), glance);
        }

        Assert.Equal(head.Time, seen[0]!.LastChanged);
        Assert.Equal(OperatorGrant.Unlimited, seen[4]!.Grant);
    }

    [Fact]
    public async Task What_cannot_be_read_of_one_account_does_not_spoil_the_others()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var payer = await chain.NewPayerAsync(cancellationToken);
        // No contract answers at the one, the other one reverts.
        AccountKey[] accounts = [new(chain.NewAccount("no token").Address, payer.Address), new(Aleph, payer.Address), new(chain.Contracts.Host, payer.Address)];
        var head = (await chain.Rpc.GetLatestBlockAsync(cancellationToken)).Block;

        var seen = await ReaderOver(chain.Rpc).ReadAsync(accounts, head, head.Time, cancellationToken);

        Assert.Null(seen[0]);
        Assert.NotNull(seen[1]);
        Assert.Null(seen[2]);
    }

    [Fact]
    public async Task As_many_accounts_as_are_allowed_fit_into_one_call()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        AccountKey[] accounts = [.. Enumerable.Range(0, GlanceReader.MaxAccounts).Select(_ => new AccountKey(Aleph, chain.NewAccount("payer").Address))];
        var head = (await chain.Rpc.GetLatestBlockAsync(cancellationToken)).Block;

        var seen = await ReaderOver(LimitedNode.WithoutBatches(chain.Rpc)).ReadAsync(accounts, head, head.Time, cancellationToken);

        Assert.Equal(accounts.Length, seen.Length);
        Assert.All(seen, Assert.NotNull);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => ReaderOver(chain.Rpc).ReadAsync([.. accounts, accounts[0]], head, head.Time, cancellationToken));
    }

    private GlanceReader ReaderOver(IEthRpc rpc) => new(chain.Contracts, Operator, rpc);
}
