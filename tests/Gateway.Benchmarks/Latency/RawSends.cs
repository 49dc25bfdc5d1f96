using Gateway.Benchmarks.Running;
using Gateway.Chain.Rpc;
using Gateway.Chain.Transactions;
using Gateway.Devnet.Accounts;
using Gateway.Devnet.World;
using Gateway.Domain.Money;

namespace Gateway.Benchmarks.Latency;

/// <summary>The baseline: how long the chain alone takes to accept signed bytes, and how long the pool's news of them takes.</summary>
internal sealed class RawSends(DevnetChain chain, Chains.PoolWatch pool, TimeProvider time)
{
    private const ulong TransferGas = 21_000;

    private static readonly Wei MaxFee = Wei.FromGwei(1000);
    private static readonly Wei Tip = Wei.FromGwei(1);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(1);

    /// <summary>An account that sends nothing else.</summary>
    private readonly DevAccount _sender = chain.Accounts.Community;

    public Samples RoundTrips { get; } = new();

    public Samples News { get; } = new();

    public async Task SendAsync(CancellationToken cancellationToken)
    {
        var nonce = await chain.Anvil.Control.GetPendingNonceAsync(_sender.Address, cancellationToken);
        var transfer = new Eip1559Transaction(chain.Deployment.ChainId, nonce, Tip, MaxFee, TransferGas, _sender.Address, Wei.Zero, []);
        var signed = await transfer.SignAsync(_sender.Signer, cancellationToken);
        var (since, at) = (time.GetTimestamp(), time.GetUtcNow());
        if (await chain.Anvil.Rpc.SendRawTransactionAsync(signed.Raw, cancellationToken) is not SendOutcome.Accepted)
            throw new InvalidOperationException("The chain did not take a plain transfer.");
        RoundTrips.Add(time.GetElapsedTime(since));
        while (!pool.Seen.ContainsKey(signed.Hash))
            await Task.Delay(PollInterval, time, cancellationToken);
        News.Add(pool.Seen[signed.Hash] - at);
    }
}
