using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Accounts.Ledger;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Chains;
using Gateway.Server.Storage;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Accounts.Verifying;

/// <summary>What a verification derives things from.</summary>
internal sealed record StatementProofs(FlowProof Flows, UseProof Use, BalanceProof Balances, FreshLedger Ledgers, NamedPayees Named);

/// <summary>Derives every number of a statement again, and says of each whether it is the same.</summary>
internal sealed class StatementVerifier(AccountRequests requests, StatementDesk desk, StatementProofs proofs, PeriodStore periods, ChainReader chain)
{
    /// <summary>Flows, buffers, use, carry; then a balance for the payer and for each payee.</summary>
    private const int PartsBesideBalances = 4;

    /// <exception cref="HistoryUnavailableException">The nodes have not kept what it takes.</exception>
    public async IAsyncEnumerable<Wire.VerifiedLine> RunAsync(Wire.GetStatementRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var wish = requests.Statement(request);
        var (account, head) = (wish.Target.Key, (await chain.HeadAsync(cancellationToken)).Block);
        var statement = await desk.GetAsync(wish.Target, wish.From, wish.To, head, cancellationToken);
        var isOpen = statement.Closed is null && FlowProof.BorderOf(statement.To) == head.Time;
        var stated = new StatedUse(
            await periods.LastEndingByAsync(account, FlowProof.BorderOf(statement.From), cancellationToken),
            statement.Closed is null ? null : await periods.ReadAsync(account, statement.Closed.Name, cancellationToken));
        var (part, parts) = (0U, (uint)(PartsBesideBalances + 1 + statement.Payees.Count));

        var fresh = await proofs.Ledgers.DeriveAsync(account, statement.Payees.Select(p => Address.Parse(p.Payee)), head, cancellationToken);
        var (from, to) = (Later(FlowProof.BorderOf(statement.From), fresh.Since), FlowProof.BorderOf(statement.To));
        foreach (var line in Numbered(await proofs.Flows.FlowsAsync(account, statement, from, head, cancellationToken), ++part, parts))
            yield return line;
        var held = await proofs.Flows.HeldAsync(account, statement, head, isOpen, cancellationToken);
        foreach (var line in Numbered([.. FlowProof.Buffers(statement, from, fresh.View, isOpen), held], ++part, parts))
            yield return line;
        foreach (var line in Numbered(await proofs.Use.RunAsync(wish.Target, statement, stated, cancellationToken), ++part, parts))
            yield return line;
        var opening = await OpeningAsync(account, statement, stated, fresh, cancellationToken);
        foreach (var line in Numbered([.. Text(stated.Itself), .. Beginning(fresh), .. opening, .. Carry(statement)], ++part, parts))
            yield return line;
        foreach (var balance in Balances(account, statement))
        {
            var line = await proofs.Balances.RunAsync(balance, from, to, head, cancellationToken);
            foreach (var numbered in Numbered([line], ++part, parts))
                yield return numbered;
        }
    }

    private static IEnumerable<Wire.VerifiedLine> Numbered(IEnumerable<Wire.VerifiedLine> lines, uint part, uint parts)
    {
        foreach (var line in lines)
        {
            (line.Part, line.Parts) = (part, parts);
            yield return line;
        }
    }

    private static BlockTime Later(BlockTime one, BlockTime other) => one > other ? one : other;

    /// <summary>A ledger that begins after the first lease would hide what flowed before.</summary>
    private static IEnumerable<Wire.VerifiedLine> Beginning(DerivedLedger fresh)
    {
        if (fresh.FirstLease is { } first && fresh.Since > first)
            yield return Verdicts.Compare("beginning of the ledger", $"{fresh.Since}", $"{first} at the latest");
    }

    /// <summary>What is kept of a closed period is what was hashed.</summary>
    private static IEnumerable<Wire.VerifiedLine> Text(ClosedPeriod? closed) => closed is null
        ? []
        : [Verdicts.Compare("SHA-256 of its text", closed.Sha256, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(closed.Statement))))];

    private async Task<IReadOnlyList<Wire.VerifiedLine>> OpeningAsync(
        AccountKey account, Wire.Statement statement, StatedUse stated, DerivedLedger fresh, CancellationToken cancellationToken)
    {
        if (await proofs.Use.UsedUntilAsync(account, statement.From.ToDateTimeOffset(), stated, cancellationToken) is not { } used)
            return [Verdicts.Unknown("opening carry", statement.OpeningCarry, "what was used before is not told apart by a former version, or was lost with the store")];
        var from = FlowProof.BorderOf(statement.From);
        List<(Wire.PayeeTotal Payee, TokenAmount Opening)> openings = [];
        foreach (var (total, payee) in statement.Payees.Select(p => (p, Address.Parse(p.Payee))))
            openings.Add((total, await StreamedAsync(account, payee, from, fresh, cancellationToken) - used.PartOf(payee)));
        return
        [
            Verdicts.Compare("opening carry", statement.OpeningCarry, openings.Aggregate(TokenAmount.Zero, (sum, o) => sum + o.Opening).ToDecimal()),
            .. openings.Select(o => Verdicts.Compare($"opening carry of {o.Payee.Payee}", o.Payee.OpeningCarry, o.Opening.ToDecimal())),
        ];
    }

    /// <summary>All that was streamed to a payee until then, as far as it is in what is carried.</summary>
    private async Task<TokenAmount> StreamedAsync(AccountKey account, Address payee, BlockTime at, DerivedLedger fresh, CancellationToken cancellationToken)
    {
        var missing = await proofs.Named.MissingUntilAsync(account, payee, at, cancellationToken);
        return fresh.StreamedTo(payee, at) - (missing is { } until ? fresh.StreamedTo(payee, until) : TokenAmount.Zero);
    }

    private static IEnumerable<Wire.VerifiedLine> Carry(Wire.Statement statement)
    {
        var carried = TokenAmount.Parse(statement.Streamed) - TokenAmount.Parse(statement.Used);
        yield return Verdicts.Compare("carried", statement.Carried, carried.ToDecimal());
        yield return Verdicts.Compare("closing carry", statement.ClosingCarry, (TokenAmount.Parse(statement.OpeningCarry) + carried).ToDecimal());
        foreach (var payee in statement.Payees)
        {
            var closing = TokenAmount.Parse(payee.OpeningCarry) + TokenAmount.Parse(payee.Streamed) - TokenAmount.Parse(payee.Used);
            yield return Verdicts.Compare($"closing carry of {payee.Payee}", payee.ClosingCarry, closing.ToDecimal());
        }
    }

    private static IEnumerable<StatedBalance> Balances(AccountKey account, Wire.Statement statement)
    {
        List<FlowKey> flows = [.. statement.Payees.Select(p => new FlowKey(account.SuperToken, account.Payer, Address.Parse(p.Payee)))];
        yield return new StatedBalance("balance of the payer", account, -TokenAmount.Parse(statement.Streamed), flows);
        foreach (var (payee, flow) in statement.Payees.Zip(flows))
            yield return new StatedBalance($"balance of {payee.Payee}", account with { Payer = flow.Payee }, TokenAmount.Parse(payee.Streamed), [flow]);
    }
}
