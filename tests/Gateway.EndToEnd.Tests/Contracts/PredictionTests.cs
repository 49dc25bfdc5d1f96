using Gateway.Testing.Chains;
using Xunit;

namespace Gateway.EndToEnd.Tests.Contracts;

/// <summary>The critical second that the gateway predicts is the contracts' own, whatever an account consists of. The benchmark <c>prediction</c> asks a thousand.</summary>
public sealed class PredictionTests(ChainFixture chain) : IClassFixture<ChainFixture>
{
    [Fact]
    public async Task The_predicted_second_is_the_first_below_zero_for_accounts_of_every_kind()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var accounts = await new RandomAccounts(chain.Chain, seed: 1).CreateAsync(30, cancellationToken);

        var found = await new PredictionCheck(chain.Chain).RunAsync(accounts, cancellationToken);

        Assert.Equal((30, 0), (found.Accounts, found.Wrong));
        // The accounts are of kinds that simpler ways get wrong, or this would show nothing.
        Assert.True(found is { WrongByCfa: > 5, WrongByOwnFlows: > 10, Never: > 0 and < 30 }, found.ToString());
    }
}
