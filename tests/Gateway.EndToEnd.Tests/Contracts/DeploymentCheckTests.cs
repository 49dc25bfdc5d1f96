using Gateway.Chain.Chains;
using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Devnet.Anvil;
using Gateway.Devnet.Contracts;
using Gateway.Devnet.Parts;
using Gateway.Devnet.World;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Testing.Chains;
using Xunit;

namespace Gateway.EndToEnd.Tests.Contracts;

/// <summary>What is configured against what the chain says: the right deployment passes, every wrong one is named.</summary>
public sealed class DeploymentCheckTests(ChainFixture chain) : IClassFixture<ChainFixture>
{
    [Fact]
    public async Task The_deployed_framework_is_taken_with_the_facts_of_its_tokens()
    {
        var facts = await CheckAsync(chain.Chain.Deployment);

        Assert.Empty(facts.Problems);
        Assert.Equal(chain.Chain.Framework.Governance, facts.Governance);
        Assert.Equal([SuperTokens.AlephSymbol, SuperTokens.UsdcxSymbol, SuperTokens.AvaxxSymbol], facts.Tokens.Select(t => t.Token.Symbol));
        Assert.All(facts.Tokens, token =>
        {
            Assert.Equal(new TokenParameters(14400, 1800, TokenAmount.Zero), token.Parameters);
            Assert.Equal(chain.Chain.Framework.Toga, token.RewardAccount);
        });
        var usdcx = facts.Tokens.Single(t => t.Token.Symbol == SuperTokens.UsdcxSymbol);
        Assert.Equal((chain.Chain.Tokens.Usdc, SuperTokens.UsdcDecimals), (usdcx.Underlying, usdcx.UnderlyingDecimals));
        Assert.All(facts.Tokens.Remove(usdcx), token => Assert.Null(token.Underlying));
    }

    [Fact]
    public async Task Another_chain_is_named_with_both_ids()
    {
        var problem = await OnlyProblemAsync(chain.Chain.Deployment with { ChainId = new ChainId(43113) });

        Assert.Contains("43114", problem, StringComparison.Ordinal);
        Assert.Contains("43113", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_account_without_code_is_no_host()
    {
        var nobody = chain.NewAccount("nobody").Address;

        Assert.Contains($"no contract at the host's address {nobody}", await OnlyProblemAsync(With(chain.Contracts with { Host = nobody })), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agreement_of_another_address_is_named_with_both()
    {
        var problem = await OnlyProblemAsync(With(chain.Contracts with { Cfa = chain.Contracts.Gda }));

        Assert.Contains($"CFA is {chain.Contracts.Cfa}, not {chain.Contracts.Gda}", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_forwarder_without_code_is_named()
    {
        var nobody = chain.NewAccount("nobody").Address;

        Assert.Contains(nobody.ToString(), await OnlyProblemAsync(With(chain.Contracts with { CfaForwarder = nobody })), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tokens_that_are_none_are_named_each()
    {
        var nobody = chain.NewAccount("nobody").Address;
        var facts = await CheckAsync(chain.Chain.Deployment with
        {
            Tokens = [new ListedToken("NONE", nobody), new ListedToken("USDC", chain.Chain.Tokens.Usdc), new ListedToken(SuperTokens.AlephSymbol, chain.Chain.Tokens.Aleph)],
        });

        Assert.Equal(
            [$"NONE: there is no contract at {nobody}.", $"USDC: {chain.Chain.Tokens.Usdc} is no super token, it does not answer getHost()."], facts.Problems);
        Assert.Equal(SuperTokens.AlephSymbol, Assert.Single(facts.Tokens).Token.Symbol);
    }

    [Fact]
    public async Task A_token_of_another_host_is_named_with_both_hosts()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var isolation = await chain.IsolateAsync(cancellationToken);
        var (other, tokens) = await DeployAnotherFrameworkAsync(cancellationToken);

        var problem = await OnlyProblemAsync(chain.Chain.Deployment with { Tokens = [new ListedToken(SuperTokens.AlephSymbol, tokens.Aleph)] });

        Assert.Equal($"ALEPH: {tokens.Aleph} belongs to host {other.Contracts.Host}, not to {chain.Contracts.Host}.", problem);
    }

    private async Task<(Framework Framework, SuperTokens Tokens)> DeployAnotherFrameworkAsync(CancellationToken cancellationToken)
    {
        var stranger = chain.NewAccount("governor");
        await chain.Control.SetBalanceAsync(stranger.Address, Funds.OfAvax(1_000_000), cancellationToken);
        var parts = await NpmParts.GetAsync(_ => { }, TimeProvider.System, cancellationToken);
        await chain.Control.StopMiningAsync(cancellationToken);
        try
        {
            await chain.Control.SetBlockGasLimitAsync(DevnetChain.DeploymentBlockGas, cancellationToken);
            return await new SuperfluidDeployer(chain.Chain.Anvil, parts.ContractsFolder, chain.Chain.Deployment.ChainId).DeployAsync(stranger, cancellationToken);
        }
        finally
        {
            await chain.Control.SetBlockGasLimitAsync(new AnvilOptions().BlockGasLimit, cancellationToken);
            await chain.Control.MineOnDemandAsync(cancellationToken);
        }
    }

    private Deployment With(SuperfluidContracts contracts) => chain.Chain.Deployment with { Contracts = contracts };

    private Task<DeploymentFacts> CheckAsync(Deployment deployment) =>
        new DeploymentCheck(deployment, chain.Rpc).RunAsync(TestContext.Current.CancellationToken);

    private async Task<string> OnlyProblemAsync(Deployment deployment) => Assert.Single((await CheckAsync(deployment)).Problems);
}
