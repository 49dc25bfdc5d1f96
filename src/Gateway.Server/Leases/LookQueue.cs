using System.Threading.Channels;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Server.Evaluation;
using Gateway.Server.Workers;

namespace Gateway.Server.Leases;

/// <summary>Accounts that are to be looked at at once, since no transaction of ours will lead to a look.</summary>
/// <remarks>A lease that opens on top of what already flows changes nothing on chain, and still has to become active. What gets lost here is found by the audit.</remarks>
internal sealed class LookQueue(EvaluationRunner runner, StepLoop loop, TimeProvider time) : BackgroundService
{
    private const int Capacity = 4096;

    /// <summary>With nothing to do: a loop that says nothing for long is taken for dead.</summary>
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(5);

    private readonly Channel<AccountKey> _accounts = Channel.CreateBounded<AccountKey>(
        new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    /// <summary>Asks for a look where every flow of the lease is as it is wanted already, and so nothing is left to be settled.</summary>
    public void Ask(AccountBook book, LeaseId id)
    {
        if (book.Leases.TryGetValue(id, out var lease) && AccountDeadline.WaitsForLook(book, lease))
            _accounts.Writer.TryWrite(book.Account.Key);
    }

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => loop.RunAsync(Loops.Looks, StepAsync, ct => _accounts.Reader.WaitAtMostAsync(LongestRest, time, ct), stoppingToken);

    private async Task<bool> StepAsync(CancellationToken cancellationToken)
    {
        var asked = new HashSet<AccountKey>();
        while (_accounts.Reader.TryRead(out var account))
            asked.Add(account);
        await runner.RunAsync(asked, at: null, cancellationToken);
        return false;
    }
}
