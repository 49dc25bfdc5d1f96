using Gateway.Chain.Superfluid;
using Gateway.Devnet.World;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Testing.Chains;

/// <summary>How many critical seconds were predicted, and how many of them the chain itself contradicts.</summary>
/// <param name="Never">Of all: accounts of which the gateway says that they are never critical by themselves.</param>
/// <param name="Wrong">By what the gateway reads: every agreement.</param>
/// <param name="WrongByCfa">By the CFA alone, as its own account view has it.</param>
/// <param name="WrongByOwnFlows">By the account's own flows alone, as whoever sums up what he opened has it.</param>
internal sealed record Predictions(int Accounts, int Never, int Wrong, int WrongByCfa, int WrongByOwnFlows);

/// <summary>Compares predicted critical seconds with the contracts' own answer for that second and for the one before.</summary>
internal sealed class PredictionCheck(DevnetChain chain)
{
    private readonly AgreementViews _agreements = new(chain.Contracts);
    private readonly AccountReader _reader = new(chain.Contracts, chain.Accounts.Operator.Address, chain.Anvil.Rpc);

    public async Task<Predictions> RunAsync(IReadOnlyCollection<RandomAccount> accounts, CancellationToken cancellationToken)
    {
        var block = (await chain.Anvil.Rpc.GetLatestBlockAsync(cancellationToken)).Block;
        var (never, wrong, wrongByCfa, wrongByOwn) = (0, 0, 0, 0);
        foreach (var account in accounts)
        {
            // Periods and minimum deposits have no part in it: what a flow locks was taken off when it was made.
            var seen = await _reader.ReadAsync(account.Key, account.Payees, block, block.Time, new TokenParameters(14400, 1800, TokenAmount.Zero), cancellationToken);
            var cfa = (await _agreements.AccountFlows(account.Key).AskAsync(chain.Anvil.Rpc, block.Number, cancellationToken)).Net;
            var own = seen.Flows.Values.Aggregate(default(NetFlowRate), (net, flow) => net + NetFlowRate.FromWeiPerSecond(-flow.Rate.WeiPerSecond));
            never += Solvency.CriticalAt(seen.AvailableBalance, seen.NetFlowRate, seen.At) is null ? 1 : 0;
            wrong += await IsWrongAsync(seen.NetFlowRate) ? 1 : 0;
            wrongByCfa += await IsWrongAsync(cfa) ? 1 : 0;
            wrongByOwn += await IsWrongAsync(own) ? 1 : 0;

            Task<bool> IsWrongAsync(NetFlowRate net) => ContradictsAsync(account.Key, Solvency.CriticalAt(seen.AvailableBalance, net, seen.At), block, cancellationToken);
        }

        return new Predictions(accounts.Count, never, wrong, wrongByCfa, wrongByOwn);
    }

    /// <summary>Right is: below zero at that second, and not yet at the one before; where there is none, not even at the chain's last second.</summary>
    private async Task<bool> ContradictsAsync(AccountKey account, BlockTime? critical, BlockRef block, CancellationToken cancellationToken)
    {
        if (critical is not { } second)
            return await IsBelowZeroAsync(account, new BlockTime(uint.MaxValue), block.Number, cancellationToken);
        return !await IsBelowZeroAsync(account, second, block.Number, cancellationToken)
            || (second > block.Time && await IsBelowZeroAsync(account, new BlockTime(second.UnixSeconds - 1), block.Number, cancellationToken));
    }

    private async Task<bool> IsBelowZeroAsync(AccountKey account, BlockTime at, BlockNumber block, CancellationToken cancellationToken) =>
        (await TokenViews.AvailableBalance(account, at).AskAsync(chain.Anvil.Rpc, block, cancellationToken)).Wei.Sign < 0;
}
