using System.Runtime.CompilerServices;
using Gateway.Chain.Signing;
using Gateway.Domain.Identity;
using Gateway.Server.Accounts.Verifying;
using Gateway.Server.Leases.Validation;
using Gateway.Server.Storage;
using Google.Protobuf.WellKnownTypes;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Accounts.Statements;

/// <summary>Everything that is answered about statements.</summary>
internal sealed record StatementAnswers(StatementDesk Payers, PayeeStatementDesk Payees, StatementVerifier Verifier, StatementExport Export);

/// <summary>Hands out the closed periods of all payers, as they are kept, in parts that any client takes.</summary>
internal sealed class StatementExport(LedgerStore ledgers, PeriodStore periods)
{
    /// <summary>Characters of a statement in one message: three bytes each at most, of the 4 MiB that a message has by default.</summary>
    public const int MostInOne = 1024 * 1024;

    /// <exception cref="StoreUnavailableException">Redis has no answer.</exception>
    public async IAsyncEnumerable<Wire.ExportedStatement> RunAsync(Wire.ExportStatementsRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var fields = new RequestFields(DateTimeOffset.UnixEpoch); // It reads no instant that is compared with now.
        var (from, to) = (fields.Second("from", request.From) ?? default, fields.Second("to", request.To) ?? new BlockTime(long.MaxValue));
        fields.ThrowIfAny();
        for (var shard = 0; shard < RedisKeys.Shards; shard++)
        {
            foreach (var account in await ledgers.AccountsAsync(shard, cancellationToken))
            {
                foreach (var name in await periods.NamesAsync(account, from, to, cancellationToken))
                {
                    if (await periods.ReadAsync(account, name, cancellationToken) is not { } period)
                        continue;
                    foreach (var part in PartsOf(account, period))
                        yield return part;
                }
            }
        }
    }

    private static IEnumerable<Wire.ExportedStatement> PartsOf(AccountKey account, ClosedPeriod period)
    {
        for (var at = 0; at == 0 || at < period.Statement.Length;)
        {
            var length = Math.Min(MostInOne, period.Statement.Length - at);
            // Half of a pair is no text, and would be sent as another one.
            if (length > 0 && char.IsHighSurrogate(period.Statement[at + length - 1]) && at + length < period.Statement.Length)
                length--;
            yield return new Wire.ExportedStatement
            {
                Payer = Eip55.Format(account.Payer),
                Token = Eip55.Format(account.SuperToken),
                Closed = new Wire.ClosedPeriod { Name = period.Name, ClosedAt = period.ClosedAt.ToTimestamp(), Sha256 = period.Sha256 },
                Json = period.Statement.Substring(at, length),
                More = at + length < period.Statement.Length,
            };
            at += Math.Max(1, length);
        }
    }
}
