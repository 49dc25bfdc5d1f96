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
internal sealed class PayeeStatementDesk(AccountRequests requests, PayeeIndex index, StatementDesk statements, ChainReader chain)
{
    private const int AtOnce = 4;

    /// <exception cref="UseNotKeptException">A border of the period lies where a meter cannot tell.</exception>
    /// <exception cref="DetailsNotKeptException">It begins before details are kept, and is no closed period.</exception>
    /// <exception cref="HistoryUnavailableException">The nodes have not kept what it takes.</exception>
    public async Task<Wire.PayeeStatement> GetAsync(Wire.GetPayeeStatementRequest request, CancellationToken cancellationToken)
    {
        var wish = requests.PayeeStatement(request);
        var head = (await chain.HeadAsync(cancellationToken)).Block;
        List<Wire.Statement> all = [];
        foreach (var accounts in (await index.AccountsOfAsync(wish.Token.Token.Address, wish.Payee, cancellationToken)).Chunk(AtOnce))
            all.AddRange(await Task.WhenAll(accounts.Select(a => statements.GetAsync(new AccountTarget(wish.Token, a), wish.From, wish.To, head, cancellationToken))));
        return Gather(wish, head, all);
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
        foreach (var (account, total) in all.Select(s => (s, s.Payees.FirstOrDefault(p => Is(p.Payee, payee)))).Where(s => s.Item2 is not null))
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
        // Of what is closed, and of payers who have nothing in that time: of both nothing can come any more.
        if (all.Any(s => s.Closed is not null) && all.All(s => s.Closed is not null || IsEmpty(s, payee)))
            statement.Closed = Seal(statement, [.. all.Select(s => s.Closed).OfType<Wire.ClosedPeriod>()]);
        return statement;
    }

    private static bool Is(string payee, string wanted) => string.Equals(payee, wanted, StringComparison.Ordinal);

    private static bool IsEmpty(Wire.Statement statement, string payee) =>
        !statement.Flows.Any(f => Is(f.Payee, payee)) && !statement.Leases.Any(l => l.Parts.Any(p => Is(p.Payee, payee)));

    private static Wire.ClosedPeriod Seal(Wire.PayeeStatement statement, List<Wire.ClosedPeriod> closed) => new()
    {
        Name = closed[0].Name,
        ClosedAt = closed.Max(c => c.ClosedAt.ToDateTimeOffset()).ToTimestamp(),
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(StatementMapping.ToJson(statement)))),
    };

    private static TokenAmount Sum(Wire.PayeeStatement statement, Func<Wire.PayeeAccount, string> part) =>
        statement.Accounts.Aggregate(TokenAmount.Zero, (sum, account) => sum + TokenAmount.Parse(part(account)));

    private static BlockTime? Earliest(List<Wire.Statement> all) =>
        all.Count == 0 ? null : new BlockTime((ulong)all.Min(s => s.From.Seconds));
}
