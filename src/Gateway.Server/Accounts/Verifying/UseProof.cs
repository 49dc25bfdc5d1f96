using System.Collections.Immutable;
using Gateway.Chain.Signing;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Storage;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Accounts.Verifying;

/// <summary>What a statement says of use, added up again: rate × milliseconds of what was reported, and of the intervals that the meter made of it.</summary>
internal sealed class UseProof(AccountLeases accounts, EndedLeases ended, UsageLog usage)
{
    /// <summary>Rounds after which leases are plainly being dropped all the time.</summary>
    private const int MaxRounds = 25;

    private const string Summed = "a former version kept its use as one sum";

    /// <summary>Of every lease of the account: one that the statement does not name used nothing.</summary>
    public async Task<IReadOnlyList<Wire.VerifiedLine>> RunAsync(AccountTarget target, Wire.Statement statement, StatedUse stated, CancellationToken cancellationToken)
    {
        List<Wire.VerifiedLine> lines = [];
        var (_, leases) = await accounts.ReadAsync(target.Key, cancellationToken);
        var named = statement.Leases.ToDictionary(l => l.LeaseId, StringComparer.Ordinal);
        foreach (var lease in leases.Where(l => l.OpenedAt < statement.To.ToDateTimeOffset()))
        {
            named.Remove(lease.Id.Value, out var line);
            if (IsSummed(lease))
                lines.AddRange(line is null ? [] : [Verdicts.Unknown($"use of {lease.Id}", line.Used, Summed)]);
            else
                lines.AddRange(Compare(line, lease, await usage.PastAsync(lease, cancellationToken), statement, stated));
        }

        lines.AddRange(named.Values.Select(l => Verdicts.Unknown($"use of {l.LeaseId}", l.Used, "the lease is no longer kept")));
        lines.Add(Verdicts.Compare("used", statement.Used, Sum(statement.Leases.Select(l => l.Used)).ToDecimal()));
        lines.AddRange(statement.Payees.Select(p => Verdicts.Compare(
            $"used of {p.Payee}", p.Used, Sum(statement.Leases.SelectMany(l => l.Parts).Where(l => string.Equals(l.Payee, p.Payee, StringComparison.Ordinal)).Select(l => l.Used)).ToDecimal())));
        return lines;
    }

    /// <summary>What all leases used until then, by their reports where those are kept, and as far as it was stated there; null: of one it cannot be told any more.</summary>
    /// <exception cref="StoreUnavailableException">Redis has no answer, or leases are dropped faster than they can be read.</exception>
    public async Task<PartedUse?> UsedUntilAsync(AccountKey account, DateTimeOffset at, StatedUse stated, CancellationToken cancellationToken)
    {
        for (var round = 0; round < MaxRounds; round++)
        {
            var dropped = await ended.DroppedAsync(account, cancellationToken);
            var used = await UsedByKeptAsync(account, at, stated, cancellationToken);
            // One that was dropped meanwhile would be in both, or in neither.
            if ((await ended.DroppedAsync(account, cancellationToken)).Count == dropped.Count)
                return at < dropped.Until.ToDateTimeOffset() || used is null ? null : used + new PartedUse(0, dropped.Parts.ToImmutableDictionary());
        }

        throw new StoreUnavailableException($"Leases of account {account} are dropped while they are added up.");
    }

    private async Task<PartedUse?> UsedByKeptAsync(AccountKey account, DateTimeOffset at, StatedUse stated, CancellationToken cancellationToken)
    {
        var (_, leases) = await accounts.ReadAsync(account, cancellationToken);
        if (leases.Any(l => l.RestoredAt is not null))
            return null; // What was used before it was restored is lost.
        var sum = PartedUse.Nothing;
        foreach (var lease in leases.Where(l => l.OpenedAt < at))
        {
            var past = await usage.PastAsync(lease, cancellationToken);
            if (IsSummed(lease) || (ProvenUse.ByReports(lease, past, at) ?? ProvenUse.ByIntervals(lease, past, at)) is not { } used)
                return null;
            sum += used.InParts(lease.Payees) - stated.LateAtBeginning(lease, past, at);
        }

        return sum;
    }

    private static bool IsSummed(Lease lease) => lease.Meter.From > MeterTime.Whole(lease.OpenedAt);

    private static IEnumerable<Wire.VerifiedLine> Compare(Wire.LeaseUsage? named, Lease lease, LeasePast past, Wire.Statement statement, StatedUse stated)
    {
        var (from, to) = (statement.From.ToDateTimeOffset(), statement.To.ToDateTimeOffset());
        var late = stated.LateAtEnd(lease, past);
        var (reported, metered) = (Between(ProvenUse.ByReports), Between(ProvenUse.ByIntervals));
        // It was over before, or all of it was reported later: nothing of it is to be stated.
        if (named is null && ((reported ?? metered) is not { } used || (used - late).IsNothing))
            return [];
        var line = named ?? new Wire.LeaseUsage { LeaseId = lease.Id.Value, Used = "0" };
        return
        [
            .. reported is null ? [Verdicts.Unknown($"use of {line.LeaseId}", line.Used, "the reports of that time are not kept")] : Told(line, reported, late),
            .. metered is null ? [] : (Wire.VerifiedLine[])[UseOf($"use of {line.LeaseId} by its intervals", line, metered, late)],
            Verdicts.Compare($"parts of {line.LeaseId}", line.Used, Sum(line.Parts.Select(p => p.Used)).ToDecimal()),
        ];

        // What was reported late for what was closed before is stated here.
        PartedUse? Between(Func<Lease, LeasePast, DateTimeOffset, ProvenUse?> use) =>
            use(lease, past, from) is { } before && use(lease, past, to) is { } after
                ? after.InParts(lease.Payees) - before.InParts(lease.Payees) + stated.LateAtBeginning(lease, past, from)
                : null;
    }

    private static IEnumerable<Wire.VerifiedLine> Told(Wire.LeaseUsage line, PartedUse told, PartedUse late)
    {
        yield return UseOf($"use of {line.LeaseId}", line, told, late);
        yield return Verdicts.Explained(
            $"milliseconds of {line.LeaseId}", TokenAmount.FromWei(Milliseconds(line.RunningTime)), TokenAmount.FromWei(told.Milliseconds), TokenAmount.FromWei(late.Milliseconds));
        // The first payee's is the rest: it follows from the others, and from the sum of the parts.
        foreach (var (payee, part) in line.Parts.Skip(1).Select(p => (Address.Parse(p.Payee), p)))
            yield return Verdicts.Explained($"part of {Eip55.Format(payee)} in {line.LeaseId}", TokenAmount.Parse(part.Used), told.PartOf(payee), late.PartOf(payee));
    }

    private static Wire.VerifiedLine UseOf(string what, Wire.LeaseUsage line, PartedUse use, PartedUse late) =>
        Verdicts.Explained(what, TokenAmount.Parse(line.Used), use.Used, late.Used);

    private static long Milliseconds(Google.Protobuf.WellKnownTypes.Duration? time) => time is null ? 0 : (time.Seconds * 1000) + (time.Nanos / 1_000_000);

    private static TokenAmount Sum(IEnumerable<string> amounts) => amounts.Aggregate(TokenAmount.Zero, (sum, a) => sum + TokenAmount.Parse(a));
}
