using System.Security.Cryptography;
using System.Text;
using Gateway.Chain.Signing;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Chains;
using Gateway.Server.Storage;
using Google.Protobuf.WellKnownTypes;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Accounts.Statements;

/// <summary>Statements of payees: what of each payer's statement is theirs.</summary>
internal sealed class PayeeStatementDesk(AccountRequests requests, PayeeAccounts payers, StatementDesk statements, PayeePeriodStore periods, ChainReader chain)
{
    private const int AtOnce = 4;

    /// <exception cref="UseNotKeptException">A border of the period lies where a meter cannot tell.</exception>
    /// <exception cref="DetailsNotKeptException">It begins before details are kept, and is no closed period.</exception>
    /// <exception cref="HistoryUnavailableException">The nodes have not kept what it takes.</exception>
    public async Task<Wire.PayeeStatement> GetAsync(Wire.GetPayeeStatementRequest request, CancellationToken cancellationToken)
    {
        var wish = requests.PayeeStatement(request);
        var token = wish.Token.Token.Address;
        if (wish is { From: { } first, To: { } last } && await periods.FindAsync(token, wish.Payee, first, last, cancellationToken) is { } kept)
            return StatementMapping.ToWire(kept);
        var head = (await chain.HeadAsync(cancellationToken)).Block;
        List<Wire.Statement> all = [];
        foreach (var accounts in (await payers.OfAsync(token, wish.Payee, wish.To, cancellationToken)).Chunk(AtOnce))
            all.AddRange(await Task.WhenAll(accounts.Select(a => statements.GetAsync(new AccountTarget(wish.Token, a), wish.From, wish.To, head, cancellationToken))));
        var statement = Gather(wish, head, all);
        if (wish is not { From: { } from, To: { } to } || !IsClosed(all, statement.Payee))
            return statement;
        return StatementMapping.ToWire(await periods.KeepAsync(token, wish.Payee, from, to, Seal(statement, [.. all.Select(s => s.Closed).OfType<Wire.ClosedPeriod>()]), cancellationToken));
    }

    private static Wire.PayeeStatement Gather(PayeeWish wish, BlockRef head, List<Wire.Statement> all)
    {
        var payee = Eip55.Format(wish.Payee);
        var statement = new Wire.PayeeStatement
        {
            Payee = payee,
            Token = wish.Token.Token.Symbol,
            From = (wish.From ?? Earliest(all) ?? head.Time).ToDateTimeOffset().ToTimestamp(),
            To = (wish.To is { } to && to < head.Time ? to : head.Time).ToDateTimeOffset().ToTimestamp(),
            Verified = all.All(s => s.Verified),
            Mismatch = string.Join("; ", all.Where(s => s.Mismatch.Length > 0).Select(s => $"{s.Payer}: {s.Mismatch}")),
        };
        foreach (var (account, total) in all.Select(s => (s, s.Payees.FirstOrDefault(p => Is(p.Payee, payee)))).Where(s => s.Item2 is not null && !(IsNothing(s.Item2) && IsEmpty(s.s, payee))))
        {
            statement.Accounts.Add(new Wire.PayeeAccount
            {
                Payer = account.Payer,
                OpeningCarry = total!.OpeningCarry, // Those without were left out.
                Streamed = total.Streamed,
                Used = total.Used,
                ClosingCarry = total.ClosingCarry,
            });
            statement.Flows.Add(account.Flows.Where(f => Is(f.Payee, payee)).Select(f => new Wire.PayeeFlow { Payer = account.Payer, Flow = f }));
            foreach (var (lease, part) in account.Leases.SelectMany(l => l.Parts.Where(p => Is(p.Payee, payee)).Select(p => (l, p))))
            {
                statement.Leases.Add(new Wire.PayeeLease
                {
                    Payer = account.Payer,
                    LeaseId = lease.LeaseId,
                    VmId = lease.VmId,
                    RunningTime = lease.RunningTime,
                    Used = part.Used,
                });
            }
        }

        var (used, streamed) = (Sum(statement, a => a.Used), Sum(statement, a => a.Streamed));
        statement.Used = used.ToDecimal();
        statement.Streamed = streamed.ToDecimal();
        statement.Carried = (streamed - used).ToDecimal();
        statement.OpeningCarry = Sum(statement, a => a.OpeningCarry).ToDecimal();
        statement.ClosingCarry = Sum(statement, a => a.ClosingCarry).ToDecimal();
        return statement;
    }

    /// <summary>Of what is closed, and of payers who have nothing in that time and of whom that is certain: of both nothing can come any more.</summary>
    private static bool IsClosed(List<Wire.Statement> all, string payee) =>
        all.Any(s => s.Closed is not null) && all.All(s => s.Closed is not null || (IsEmpty(s, payee) && s is { Verified: true, Mismatch: "" }));

    private static bool Is(string payee, string wanted) => string.Equals(payee, wanted, StringComparison.Ordinal);

    private static bool IsEmpty(Wire.Statement statement, string payee) =>
        !statement.Flows.Any(f => Is(f.Payee, payee)) && !statement.Leases.Any(l => l.Parts.Any(p => Is(p.Payee, payee)));

    private static bool IsNothing(Wire.PayeeTotal total) => total is { OpeningCarry: "0", Streamed: "0", Used: "0", ClosingCarry: "0" };

    private static ClosedPayeePeriod Seal(Wire.PayeeStatement statement, List<Wire.ClosedPeriod> closed)
    {
        var json = StatementMapping.ToJson(statement);
        return new ClosedPayeePeriod(
            closed[0].Name, closed.Max(c => c.ClosedAt.ToDateTimeOffset()), json, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json))));
    }

    private static TokenAmount Sum(Wire.PayeeStatement statement, Func<Wire.PayeeAccount, string> part) =>
        statement.Accounts.Aggregate(TokenAmount.Zero, (sum, account) => sum + TokenAmount.Parse(part(account)));

    private static BlockTime? Earliest(List<Wire.Statement> all) =>
        all.Count == 0 ? null : new BlockTime((ulong)all.Min(s => s.From.Seconds));
}
