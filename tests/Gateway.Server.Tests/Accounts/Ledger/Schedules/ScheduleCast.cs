using Gateway.Devnet.Accounts;
using Gateway.Devnet.World;
using Gateway.Domain.Identity;
using Superfluid.Gateway.V1;
using Xunit;

namespace Gateway.Server.Tests.Accounts.Ledger.Schedules;

/// <summary>Who pays, in two tokens each, and who is paid: addresses that nobody else uses.</summary>
internal sealed record ScheduleCast(IReadOnlyList<AccountKey> Accounts, IReadOnlyList<AccountKey> Earners, Address[] Nodes)
{
    private const int Payees = 3;

    private static int _lastNode = 900_000;

    public static ScheduleCast Of(DevnetWorld world, IReadOnlyList<DevAccount> payers)
    {
        Address[] tokens = [world.Chain.Tokens.Aleph, world.Chain.Tokens.Usdcx];
        Address[] nodes = [.. Enumerable.Range(0, Payees).Select(_ => DevAccount.Of("node", Interlocked.Increment(ref _lastNode)).Address)];
        return new ScheduleCast(In(payers.Select(p => p.Address)), In(nodes), nodes);

        List<AccountKey> In(IEnumerable<Address> of) => [.. of.SelectMany(a => tokens.Select(t => new AccountKey(t, a)))];
    }

    public (Schedule Schedule, ScheduleProof Proof) On(ScheduleStage stage) => (new Schedule(stage, Accounts, Nodes), new ScheduleProof(stage, Accounts, Earners));

    /// <summary>It held what it was to hold, so that it would tell each broken meter from a sound one; and nobody was told to pause for anything of it.</summary>
    public static async Task RequireRichAsync(ScheduleStage stage, Schedule schedule, Func<PlannedLease, bool>? mayBePaused = null)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(Describe(stage, schedule));
        Assert.All(PlannedUse.BrokenMeters, broken => Assert.True(schedule.Leases.Any(l => broken.Used(l) != l.Used() / 1000), $"A meter that {broken.Defect} is not told from a sound one."));
        Assert.True(schedule.Leases.Sum(l => l.Refusals) > 0, "No report was too late.");
        var paused = 0;
        foreach (var lease in schedule.Leases)
        {
            var history = await stage.AskAsync(c => c.Operations.ExplainLeaseAsync(new GetLeaseRequest { LeaseId = lease.Id }));
            var pauses = history.Entries.Where(e => e is { Kind: "directive" } && e.Summary.StartsWith("Pause", StringComparison.Ordinal)).Select(e => e.Summary).ToList();
            Assert.True(lease.WasIsolated || mayBePaused?.Invoke(lease) == true || pauses.Count == 0, $"{lease.Id}: {string.Join(", ", pauses)}");
            paused += pauses.Count;
        }

        Assert.True(paused > 0, "Nobody was told to pause.");
    }

    private static string Describe(ScheduleStage stage, Schedule schedule)
    {
        List<Arrival> arrivals = [.. schedule.Leases.SelectMany(l => l.Arrivals)];
        return $"{stage.Deaths} deaths, {stage.DeathsBeforeSending} of them before a send and {stage.DeathsAfterSending} after one; {schedule.Leases.Count} leases, "
            + $"{arrivals.Count} reports, {arrivals.Count(a => a.IsAfterClose)} of them after the close, {schedule.Leases.Sum(l => l.Refusals)} refused";
    }
}
