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
internal sealed class UseProof(AccountStore store, AccountLeases accounts, EndedLeases ended, UsageLog usage)
{
    /// <summary>Rounds after which leases are plainly being dropped all the time.</summary>
    private const int MaxRounds = 25;

    private const string Summed = "a former version kept its use as one sum";

    /// <param name="next">Of a closed period: what follows it, where later reports are.</param>
    public async Task<IReadOnlyList<Wire.VerifiedLine>> RunAsync(AccountTarget target, Wire.Statement statement, Wire.Statement? next, CancellationToken cancellationToken)
    {
        List<Wire.VerifiedLine> lines = [];
        foreach (var line in statement.Leases)
        {
            if (await store.FindLeaseAsync(target.Key, LeaseId.Parse(line.LeaseId), cancellationToken) is not { } lease)
                lines.Add(Verdicts.Unknown($"use of {line.LeaseId}", line.Used, "the lease is no longer kept"));
            else if (IsSummed(lease))
                lines.Add(Verdicts.Unknown($"use of {line.LeaseId}", line.Used, Summed));
            else
                lines.AddRange(Compare(line, lease, await usage.PastAsync(lease, cancellationToken), statement, next));
        }

        lines.Add(Verdicts.Compare("used", statement.Used, Sum(statement.Leases.Select(l => l.Used)).ToDecimal()));
        return lines;
    }

    /// <summary>What all leases used until then, by their reports where those are kept; null: of one it cannot be told any more.</summary>
    /// <exception cref="StoreUnavailableException">Redis has no answer, or leases are dropped faster than they can be read.</exception>
    public async Task<TokenAmount?> UsedUntilAsync(AccountKey account, DateTimeOffset at, CancellationToken cancellationToken)
    {
        for (var round = 0; round < MaxRounds; round++)
        {
            var dropped = await ended.DroppedAsync(account, cancellationToken);
            var used = await UsedByKeptAsync(account, at, cancellationToken);
            // One that was dropped meanwhile would be in both, or in neither.
            if ((await ended.DroppedAsync(account, cancellationToken)).Count == dropped.Count)
                return at < dropped.Until.ToDateTimeOffset() ? null : used + dropped.Used;
        }

        throw new StoreUnavailableException($"Leases of account {account} are dropped while they are added up.");
    }

    private async Task<TokenAmount?> UsedByKeptAsync(AccountKey account, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var (_, leases) = await accounts.ReadAsync(account, cancellationToken);
        var sum = TokenAmount.Zero;
        foreach (var lease in leases.Where(l => l.OpenedAt < at))
        {
            var past = await usage.PastAsync(lease, cancellationToken);
            if (IsSummed(lease) || (ProvenUse.ByReports(lease, past, at) ?? ProvenUse.ByIntervals(lease, past, at)) is not { } used)
                return null;
            sum += used.InWei;
        }

        return sum;
    }

    private static bool IsSummed(Lease lease) => lease.Meter.From > MeterTime.Whole(lease.OpenedAt);

    private static IEnumerable<Wire.VerifiedLine> Compare(Wire.LeaseUsage line, Lease lease, LeasePast past, Wire.Statement statement, Wire.Statement? next)
    {
        var (from, to) = (statement.From.ToDateTimeOffset(), statement.To.ToDateTimeOffset());
        var late = next?.Leases.FirstOrDefault(l => string.Equals(l.LeaseId, line.LeaseId, StringComparison.Ordinal));
        var (reported, metered) = (Between(ProvenUse.ByReports), Between(ProvenUse.ByIntervals));
        foreach (var told in Told(line, late, reported))
            yield return told;
        if (metered is { } intervals)
            yield return UseOf($"use of {line.LeaseId} by its intervals", line, late, intervals);
        yield return Verdicts.Compare($"parts of {line.LeaseId}", line.Used, Sum(line.Parts.Select(p => p.Used)).ToDecimal());

        (ProvenUse Before, ProvenUse After)? Between(Func<Lease, LeasePast, DateTimeOffset, ProvenUse?> use) =>
            use(lease, past, from) is { } before && use(lease, past, to) is { } after ? (before, after) : null;
    }

    private static IEnumerable<Wire.VerifiedLine> Told(Wire.LeaseUsage line, Wire.LeaseUsage? late, (ProvenUse Before, ProvenUse After)? reported)
    {
        var what = $"use of {line.LeaseId}";
        if (reported is not { } told)
        {
            yield return Verdicts.Unknown(what, line.Used, "the reports of that time are not kept");
            yield break;
        }

        yield return UseOf(what, line, late, told);
        yield return Verdicts.Explained(
            $"milliseconds of {line.LeaseId}",
            TokenAmount.FromWei(Milliseconds(line.RunningTime)),
            TokenAmount.FromWei(told.After.RunningMilliseconds - told.Before.RunningMilliseconds + Milliseconds(line.CorrectionTime)),
            TokenAmount.FromWei(Milliseconds(late?.CorrectionTime)));
        if (line.Correction is not "0" || late is not (null or { Correction: "0" }))
            yield break;
        // The first payee's is the rest: it follows from the others, and from the sum of the parts.
        foreach (var (payee, part) in line.Parts.Skip(1).Select(p => (Address.Parse(p.Payee), p)))
            yield return Verdicts.Compare($"part of {Eip55.Format(payee)} in {line.LeaseId}", part.Used, (told.After.PartOf(payee) - told.Before.PartOf(payee)).ToDecimal());
    }

    /// <summary>Reported late for what was closed before: stated here, or, of this one, in the next.</summary>
    private static Wire.VerifiedLine UseOf(string what, Wire.LeaseUsage line, Wire.LeaseUsage? late, (ProvenUse Before, ProvenUse After) use) => Verdicts.Explained(
        what, TokenAmount.Parse(line.Used), use.After.InWei - use.Before.InWei + TokenAmount.Parse(line.Correction), TokenAmount.Parse(late?.Correction ?? "0"));

    private static long Milliseconds(Google.Protobuf.WellKnownTypes.Duration? time) => time is null ? 0 : (time.Seconds * 1000) + (time.Nanos / 1_000_000);

    private static TokenAmount Sum(IEnumerable<string> amounts) => amounts.Aggregate(TokenAmount.Zero, (sum, a) => sum + TokenAmount.Parse(a));
}
