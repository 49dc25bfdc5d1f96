using System.Collections.Immutable;
using Gateway.Chain.Chains;
using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Devnet.Anvil;
using Gateway.Devnet.Contracts;
using Gateway.Devnet.Parts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Devnet.World;

/// <summary>A local chain with the real contracts and people with money on it. It mines on demand until told otherwise.</summary>
internal sealed class DevnetChain : IAsyncDisposable
{
    /// <summary>While the framework is deployed: all of it fits one block.</summary>
    internal const ulong DeploymentBlockGas = 4_000_000_000;

    private static readonly TokenAmount Treasury = Funds.OfTokens(500_000_000);

    private readonly ChainId _chainId;
    private readonly Faucet _faucet;

    private DevnetChain(AnvilProcess anvil, ChainId chainId, DevAccounts accounts, (Framework Framework, SuperTokens Tokens) deployed, TimeProvider time)
    {
        _chainId = chainId;
        Anvil = anvil;
        Accounts = accounts;
        (Framework, Tokens) = deployed;
        Sender = new TransactionSender(anvil, chainId, time);
        _faucet = new Faucet(Contracts, Tokens, accounts.Governor.Address);
    }

    public AnvilProcess Anvil { get; }

    public DevAccounts Accounts { get; }

    public Framework Framework { get; }

    public SuperTokens Tokens { get; }

    public TransactionSender Sender { get; }

    public SuperfluidContracts Contracts => Framework.Contracts;

    /// <summary>As the gateway knows chains.</summary>
    public Deployment Deployment => new(
        "local devnet",
        _chainId,
        Contracts,
        // The chain holds nothing but the framework.
        default,
        [
            new ListedToken(SuperTokens.AlephSymbol, Tokens.Aleph),
            new ListedToken(SuperTokens.UsdcxSymbol, Tokens.Usdcx),
            new ListedToken(SuperTokens.AvaxxSymbol, Tokens.Avaxx),
        ],
        ImmutableDictionary<Address, string>.Empty.Add(Framework.BatchLiquidator, "batch liquidator"));

    /// <summary>Starts the chain, deploys, and funds. Installs what comes from npm where it is not there yet.</summary>
    /// <param name="payers">So many with <see cref="Funds.OfPayer"/>.</param>
    /// <param name="progress">Told in words what takes time.</param>
    /// <exception cref="DevnetException">Something is missing on this machine, or the chain did not take the deployment.</exception>
    public static async Task<DevnetChain> StartAsync(
        AnvilOptions options, int payers, Action<string> progress, TimeProvider time, CancellationToken cancellationToken)
    {
        var parts = await NpmParts.GetAsync(progress, time, cancellationToken);
        progress("Starting the local chain…");
        var anvil = await AnvilProcess.StartAsync(parts.AnvilExecutable, options, time, cancellationToken);
        try
        {
            progress("Deploying Superfluid…");
            await anvil.Control.StopMiningAsync(cancellationToken);
            await anvil.Control.SetBlockGasLimitAsync(DeploymentBlockGas, cancellationToken);
            var accounts = DevAccounts.Create(payers);
            await anvil.Control.SetBalanceAsync(accounts.Governor.Address, Funds.OfAvax(1_000_000_000), cancellationToken);
            var deployed = await new SuperfluidDeployer(anvil, parts.ContractsFolder, options.ChainId).DeployAsync(accounts.Governor, cancellationToken);
            var chain = new DevnetChain(anvil, options.ChainId, accounts, deployed, time);
            await chain.HandOutAsync(cancellationToken);
            await anvil.Control.SetBlockGasLimitAsync(options.BlockGasLimit, cancellationToken);
            await anvil.Control.MineOnDemandAsync(cancellationToken);
            return chain;
        }
        catch
        {
            await anvil.DisposeAsync();
            throw;
        }
    }

    /// <summary>Gives money to accounts; they have it when this returns.</summary>
    public async Task FundAsync(Funds funds, IReadOnlyCollection<DevAccount> accounts, CancellationToken cancellationToken)
    {
        await SetAvaxAsync(funds.Avax, accounts, cancellationToken);
        var sent = new List<Hash32>();
        foreach (var call in _faucet.Give(funds, accounts.Select(a => a.Address)))
            sent.Add(await Sender.SendAsync(Accounts.Governor, call.To, call.Data, cancellationToken));
        await RequireAsync(sent, cancellationToken);
    }

    /// <summary>Each of the accounts lets the operator open, change and close flows of each token, without limit.</summary>
    public async Task AuthorizeAsync(IEnumerable<DevAccount> accounts, CancellationToken cancellationToken)
    {
        var grants = HostCalls.Batch(((Address[])[Tokens.Aleph, Tokens.Usdcx, Tokens.Avaxx])
            .Select(token => HostOperation.CallAgreement(Contracts.Cfa, FlowCalls.AuthorizeFully(token, Accounts.Operator.Address), userData: [])));
        var sent = new List<Hash32>();
        foreach (var account in accounts)
            sent.Add(await Sender.SendAsync(account, Contracts.Host, grants, cancellationToken));
        await RequireAsync(sent, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        Sender.Dispose();
        await Anvil.DisposeAsync();
    }

    private async Task HandOutAsync(CancellationToken cancellationToken)
    {
        await SetAvaxAsync(Funds.OfPayer.Avax, [Accounts.Operator, .. Accounts.Payers, .. Accounts.Payees, Accounts.Community], cancellationToken);
        var block = new PlannedBlock(Anvil, _chainId);
        foreach (var call in _faucet.Fill(Treasury).Concat(_faucet.Give(Funds.OfPayer, Accounts.Payers.Select(p => p.Address))))
            await block.CallAsync(Accounts.Governor, call.To, call.Data, call.What, cancellationToken);
        await block.MineAsync(cancellationToken);
    }

    private async Task SetAvaxAsync(Wei avax, IEnumerable<DevAccount> accounts, CancellationToken cancellationToken)
    {
        foreach (var account in accounts)
            await Anvil.Control.SetBalanceAsync(account.Address, avax, cancellationToken);
    }

    private async Task RequireAsync(List<Hash32> sent, CancellationToken cancellationToken)
    {
        foreach (var hash in sent)
        {
            if (!(await Sender.ReceiptAsync(hash, cancellationToken)).Succeeded)
                throw new DevnetException($"Transaction {hash} failed on the local chain.");
        }
    }
}
