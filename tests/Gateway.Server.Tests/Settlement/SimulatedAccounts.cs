using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Server.Configuration;
using Gateway.Server.Evaluation;
using Gateway.Server.Settlement;
using Gateway.Server.Storage;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Tests.Settlement;

/// <summary>Accounts that decide as the gateway's do, by the real machine, breakers and store; only what they look at is a simulated chain.</summary>
internal sealed class SimulatedAccounts(AccountStore store, SimulatedChain chain, TimeProvider time) : ILaneFeedback
{
    private readonly AccountAssessor _assessor = new(
        new LeaseBreakers(Options.Create(new BreakerOptions()), time), new AccountPolicies(Options.Create(new PolicyOptions()), Options.Create(new ChainOptions())), time);

    public List<SettlementRefusal> Refusals { get; } = [];

    public Task RefuseAsync(AccountKey account, SettlementRefusal refusal, CancellationToken cancellationToken)
    {
        Refusals.Add(refusal);
        return ChangeAsync(account, book => AccountMachine.Refuse(book, refusal, time.GetUtcNow()), cancellationToken);
    }

    public async Task EvaluateAsync(AccountKey account, CancellationToken cancellationToken)
    {
        var book = await store.LoadAsync(account, cancellationToken);
        var head = await chain.HeadAsync(cancellationToken);
        var seen = await chain.LookAsync(account, [.. book.Account.Flows.Keys], head.Block, cancellationToken);
        await ChangeAsync(account, b => _assessor.Decide(b, seen, chain.ChangesOf(b.Account)), cancellationToken);
    }

    public async Task ChangeAsync(AccountKey account, Func<AccountBook, Decision> decide, CancellationToken cancellationToken)
    {
        while (true)
        {
            var before = await store.LoadAsync(account, cancellationToken);
            var decision = decide(before);
            if (await store.CommitAsync(before, decision.Book, decision.Effects, NextLook.Never, time.GetUtcNow(), cancellationToken) is CommitResult.Committed)
                return;
        }
    }
}
