using System.Text.Json.Nodes;
using Gateway.Domain.Money;
using Gateway.Testing.Proxy;
using Xunit;

namespace Gateway.Server.Tests.Chaos;

/// <summary>What can go wrong with a chain and its nodes, for a few blocks each. Each leaves the world as it found it, but for what it lost.</summary>
/// <param name="churn">A request or so of every payer.</param>
/// <param name="settle">Returns when nothing is under way.</param>
internal sealed class ChaosActs(ChaosWorld world, Func<Task> churn, Func<Task> settle)
{
    private const int Blocks = 3;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public IReadOnlyList<(string Name, Func<Task> Run)> All =>
    [
        ("every pool is dropped", DropPoolsAsync),
        ("the base fee is a thousand times what it was", PriceStormAsync),
        ("somebody else uses the operator's nonce", UseNoncesAsync),
        ("blocks are tiny", TinyBlocksAsync),
        ("the nodes restart", RestartAsync),
        ("no block for a while, then fifty", StallAsync),
        ("too many requests everywhere", TooManyRequestsAsync),
        ("sends are lost or not answered", LostSendsAsync),
        ("one node lags", LagAsync),
        ("sockets tell nonsense", NonsenseAsync),
        ("blocks are reorganised", ReorganiseAsync),
        ("the chain is set back", SetBackAsync),
    ];

    private async Task DropPoolsAsync()
    {
        for (var i = 0; i < Blocks; i++)
        {
            await churn();
            await LosePoolsAsync();
            await world.NextBlockAsync();
        }
    }

    private async Task PriceStormAsync()
    {
        for (var i = 0; i < Blocks; i++)
        {
            await world.Control.SetNextBaseFeeAsync(Wei.FromGwei(1000), Cancellation);
            await ChurnAsync();
        }

        await world.Control.SetNextBaseFeeAsync(Wei.FromGwei(1), Cancellation);
        await world.NextBlockAsync();
    }

    private async Task UseNoncesAsync()
    {
        for (var i = 0; i < Blocks; i++)
        {
            await churn();
            await world.UseNonceAsync();
            await world.NextBlockAsync();
        }
    }

    private async Task TinyBlocksAsync()
    {
        await world.Control.SetBlockGasLimitAsync(1_500_000, Cancellation);
        for (var i = 0; i < Blocks; i++)
            await ChurnAsync();
        await world.Control.SetBlockGasLimitAsync(80_000_000, Cancellation);
    }

    private async Task RestartAsync()
    {
        Everywhere(FaultScript.Any, NodeFaults.Reset);
        foreach (var proxy in world.Proxies)
            proxy.Sockets.Reset();
        await LosePoolsAsync();
        await ChurnAsync();
        Sane();
    }

    private async Task StallAsync()
    {
        await world.Control.StopMiningAsync(Cancellation);
        for (var i = 0; i < Blocks; i++)
            await churn();
        for (var i = 0; i < 50; i++)
            await world.Control.MineAsync(Cancellation);
        await world.Control.SetIntervalMiningAsync(TimeSpan.FromSeconds(1), Cancellation);
        await world.NextBlockAsync();
    }

    private async Task TooManyRequestsAsync()
    {
        Everywhere(FaultScript.Any, NodeFaults.TooManyRequests(TimeSpan.FromSeconds(1)));
        for (var i = 0; i < Blocks; i++)
            await ChurnAsync();
        Sane();
    }

    private async Task LostSendsAsync()
    {
        foreach (var proxy in world.Proxies)
        {
            proxy.Faults.Sometimes("eth_sendRawTransaction", 300, NodeFaults.AcceptThenReset);
            proxy.Faults.Sometimes("eth_sendRawTransaction", 500, NodeFaults.Reset);
            proxy.Faults.Sometimes("eth_getTransactionReceipt", 300, NodeLies.Null);
            proxy.Faults.Sometimes("eth_getLogs", 300, NodeLies.NoLogs);
        }

        for (var i = 0; i < Blocks; i++)
            await ChurnAsync();
        Sane();
    }

    private async Task LagAsync()
    {
        world.Proxies[0].View.Behind = 3;
        for (var i = 0; i < Blocks; i++)
            await ChurnAsync();
        world.Proxies[0].View.Behind = 0;
    }

    private async Task NonsenseAsync()
    {
        foreach (var proxy in world.Proxies)
            proxy.Sockets.Next(HeadFault.Doubled, HeadFault.Skipped, HeadFault.Reordered);
        for (var i = 0; i < Blocks; i++)
            await ChurnAsync();
    }

    // Only blocks without a transaction of ours: an accepted block of Avalanche is never undone, and a nonce whose slot is closed is never used again.
    private async Task ReorganiseAsync()
    {
        await churn();
        await settle();
        for (var i = 0; i < Blocks; i++)
            await world.NextBlockAsync();
        await world.AnvilAsync("anvil_reorg", Blocks - 1, new JsonArray());
        await ChurnAsync();
    }

    private async Task SetBackAsync()
    {
        await churn();
        await settle();
        var snapshot = await world.Control.SnapshotAsync(Cancellation);
        for (var i = 0; i < Blocks; i++)
            await world.NextBlockAsync();
        await world.Control.RevertAsync(snapshot, Cancellation);
        await ChurnAsync();
    }

    private async Task ChurnAsync()
    {
        await churn();
        await world.NextBlockAsync();
    }

    private async Task LosePoolsAsync()
    {
        await world.AnvilAsync("anvil_dropAllTransactions");
        foreach (var proxy in world.Proxies)
            await proxy.Pool.ForgetAsync();
    }

    private void Everywhere(string method, NodeFault fault)
    {
        foreach (var proxy in world.Proxies)
            proxy.Faults.Always(method, fault);
    }

    private void Sane()
    {
        foreach (var proxy in world.Proxies)
            proxy.Faults.Clear();
    }
}
