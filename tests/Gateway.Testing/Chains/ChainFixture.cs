using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Chain.Transport;
using Gateway.Devnet.Accounts;
using Gateway.Devnet.Anvil;
using Gateway.Devnet.World;
using Gateway.Domain.Identity;
using Xunit;

namespace Gateway.Testing.Chains;

/// <summary>A local chain with the real contracts, for the tests of one class or collection. It mines on demand: a block for each transaction.</summary>
/// <remarks>It starts in about a second, so a class that moves the chain's clock has one of its own, and does not disturb the others.</remarks>
public sealed class ChainFixture : IAsyncLifetime
{
    /// <summary>Those that the chain is started with have lower numbers.</summary>
    private const int FirstFresh = 1_000_000;

    private DevnetChain? _chain;
    private int _fresh = FirstFresh;

    public IEthRpc Rpc => Chain.Anvil.Rpc;

    public SuperfluidContracts Contracts => Chain.Contracts;

    internal DevnetChain Chain => _chain ?? throw new InvalidOperationException("Not started yet.");

    internal AnvilControl Control => Chain.Anvil.Control;

    public async ValueTask InitializeAsync() => _chain = await DevnetChain.StartAsync(
        new AnvilOptions(), payers: 0, TestContext.Current.SendDiagnosticMessage, TimeProvider.System, TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_chain is not null)
            await _chain.DisposeAsync();
    }

    /// <summary>An account that nobody has used, with the money of a payer.</summary>
    /// <param name="authorised">Whether it lets the operator do everything with every token.</param>
    internal async Task<DevAccount> NewPayerAsync(CancellationToken cancellationToken, bool authorised = false, Funds? funds = null)
    {
        var payer = NewAccount("payer");
        await Chain.FundAsync(funds ?? Funds.OfPayer, [payer], cancellationToken);
        if (authorised)
            await Chain.AuthorizeAsync([payer], cancellationToken);
        return payer;
    }

    /// <summary>An account that nobody has used, and that has nothing.</summary>
    internal DevAccount NewAccount(string role) => DevAccount.Of(role, Interlocked.Increment(ref _fresh));

    /// <summary>Sends a call, and waits until it is in a block.</summary>
    /// <exception cref="ExecutionRevertedException">It would revert; with the contract's own error.</exception>
    internal async Task<TransactionReceipt> CallAsync(DevAccount from, Address to, byte[] data, CancellationToken cancellationToken)
    {
        var receipt = await Chain.Sender.CallAsync(from, to, data, cancellationToken);
        return receipt.Succeeded ? receipt : throw new InvalidOperationException($"Transaction {receipt.Hash} of {from} failed, and its simulation had not.");
    }

    /// <summary>Asks a contract, at the last block.</summary>
    internal async Task<T> AskAsync<T>(ChainView<T> view, CancellationToken cancellationToken) =>
        await view.AskAsync(Rpc, await Rpc.GetBlockNumberAsync(cancellationToken), cancellationToken);

    /// <summary>Calls the CFA through the Host, as wallets do.</summary>
    internal Task<TransactionReceipt> CallCfaAsync(DevAccount from, byte[] data, CancellationToken cancellationToken, byte[]? userData = null) =>
        CallAsync(from, Contracts.Host, HostCalls.CallAgreement(Contracts.Cfa, data, userData ?? []), cancellationToken);

    /// <summary>Whatever happens until the answer is disposed of has not happened afterwards, the clock's steps included.</summary>
    internal async Task<IAsyncDisposable> IsolateAsync(CancellationToken cancellationToken) =>
        new Isolation(Control, await Control.SnapshotAsync(cancellationToken));

    private sealed class Isolation(AnvilControl control, string snapshot) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await control.RevertAsync(snapshot, CancellationToken.None);
    }
}
