using System.Numerics;
using Gateway.Chain.Signing;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Storage;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Accounts.Verifying;

/// <summary>What a statement says of use, added up again: rate × milliseconds of every interval that was reported.</summary>
internal sealed class UseProof(AccountStore store, AccountLeases accounts, UsageLog usage)
{
    /// <param name="next">Of a closed period: what follows it, where later reports are.</param>
    /// <param name="isOpen">It goes to the head of its time: phases that ended a moment later are in it to their end.</param>
    public async Task<IReadOnlyList<Wire.VerifiedLine>> RunAsync(AccountTarget target, Wire.Statement statement, Wire.Statement? next, bool isOpen, CancellationToken cancellationToken)
    {
        List<Wire.VerifiedLine> lines = [];
        foreach (var line in statement.Leases)
        {
            var what = $"use of {line.LeaseId}";
            if (await store.FindLeaseAsync(target.Key, LeaseId.Parse(line.LeaseId), cancellationToken) is not { } lease)
                lines.Add(Verdicts.Unknown(what, line.Used, "the lease is no longer kept"));
            else if (lease.Meter.From > MeterTime.Whole(lease.OpenedAt))
                lines.Add(Verdicts.Unknown(what, line.Used, "a former version kept its use as one sum"));
            else
                lines.AddRange(await CompareAsync(line, lease, statement, isOpen, next, cancellationToken));
        }

        lines.Add(Verdicts.Compare("used", statement.Used, Sum(statement.Leases.Select(l => l.Used)).ToDecimal()));
        return lines;
    }

    /// <summary>What all leases used until then; null: of one it cannot be told any more.</summary>
    public async Task<TokenAmount?> UsedUntilAsync(AccountKey account, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var (_, leases) = await accounts.ReadAsync(account, cancellationToken);
        var sum = TokenAmount.Zero;
        foreach (var lease in leases.Where(l => l.OpenedAt < at))
        {
            if (lease.Meter.From > MeterTime.Whole(lease.OpenedAt))
                return null;
            sum += Floor(await usage.ReadAsync(lease, at, cancellationToken));
        }

        return sum;
    }

    private async Task<IEnumerable<Wire.VerifiedLine>> CompareAsync(
        Wire.LeaseUsage line, Lease lease, Wire.Statement statement, bool isOpen, Wire.Statement? next, CancellationToken cancellationToken)
    {
        var (from, to) = (statement.From.ToDateTimeOffset(), statement.To.ToDateTimeOffset());
        var until = isOpen ? MeterTime.Later(to, lease.Meter.Since) : to;
        var intervals = await usage.ReadAsync(lease, until, cancellationToken);
        List<UsageInterval> before = [.. intervals.Select(i => i.Before(from)).OfType<UsageInterval>()];
        var late = next?.Leases.FirstOrDefault(l => string.Equals(l.LeaseId, line.LeaseId, StringComparison.Ordinal));
        // Reported late for what was closed before: stated here, or, of this one, in the next.
        var used = Floor(intervals) - Floor(before) + TokenAmount.Parse(line.Correction);
        var running = TokenAmount.FromWei(Running(intervals) - Running(before) + Milliseconds(line.CorrectionTime));
        List<Wire.VerifiedLine> lines =
        [
            Verdicts.Explained($"use of {line.LeaseId}", TokenAmount.Parse(line.Used), used, TokenAmount.Parse(late?.Correction ?? "0")),
            Verdicts.Explained($"milliseconds of {line.LeaseId}", TokenAmount.FromWei(Milliseconds(line.RunningTime)), running, TokenAmount.FromWei(Milliseconds(late?.CorrectionTime))),
            Verdicts.Compare($"parts of {line.LeaseId}", line.Used, Sum(line.Parts.Select(p => p.Used)).ToDecimal()),
        ];
        if (line.Correction is "0" && late is null or { Correction: "0" })
            lines.AddRange(line.Parts.Skip(1).Select(p => Verdicts.Compare($"part of {p.Payee} in {line.LeaseId}", p.Used, (PartOf(p.Payee, lease, intervals) - PartOf(p.Payee, lease, before)).ToDecimal())));
        return lines;
    }

    private static TokenAmount Floor(IEnumerable<UsageInterval> intervals) =>
        TokenAmount.FromWei(intervals.Aggregate(BigInteger.Zero, (sum, i) => sum + ((BigInteger)i.Rate.WeiPerSecond * i.Milliseconds)) / 1000);

    private static TokenAmount PartOf(string payee, Lease lease, IEnumerable<UsageInterval> intervals)
    {
        var sum = BigInteger.Zero;
        foreach (var interval in intervals)
        {
            var legs = Legs.Split(interval.Rate, lease.Payees);
            for (var i = 0; i < legs.Length; i++)
            {
                if (string.Equals(Eip55.Format(lease.Payees[i].Address), payee, StringComparison.Ordinal))
                    sum += (BigInteger)legs[i].WeiPerSecond * interval.Milliseconds;
            }
        }

        return TokenAmount.FromWei(sum / 1000);
    }

    private static long Running(IEnumerable<UsageInterval> intervals) => intervals.Where(i => i.Phase == MeterPhase.Running).Sum(i => i.Milliseconds);

    private static long Milliseconds(Google.Protobuf.WellKnownTypes.Duration? time) => time is null ? 0 : (time.Seconds * 1000) + (time.Nanos / 1_000_000);

    private static TokenAmount Sum(IEnumerable<string> amounts) => amounts.Aggregate(TokenAmount.Zero, (sum, a) => sum + TokenAmount.Parse(a));
}
