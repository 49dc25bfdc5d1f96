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
    private const int MostRounds = 4;

    private static int _lastNode = 900_000;

    public static ScheduleCast Of(DevnetWorld world, IReadOnlyList<DevAccount> payers)
    {
        Address[] tokens = [world.Chain.Tokens.Aleph, world.Chain.Tokens.Usdcx];
        Address[] nodes = [.. Enumerable.Range(0, Payees).Select(_ => DevAccount.Of("node", Interlocked.Increment(ref _lastNode)).Address)];
        return new ScheduleCast(In(payers.Select(p => p.Address)), In(nodes), nodes);

        List<AccountKey> In(IEnumerable<Address> of) => [.. of.SelectMany(a => tokens.Select(t => new AccountKey(t, a)))];
    }

    public (Schedule Schedule, ScheduleProof Proof) On(ScheduleStage stage) => (new Schedule(stage, Accounts, Nodes), new ScheduleProof(stage, Accounts, Earners));

    /// <summary>Played, ended and held against the chain, until it held what it was to hold: so much that each broken meter is told from a sound one by it.</summary>
    /// <param name="play">The first time, and again where chance has left something out.</param>
    public static async Task PlayAsync(ScheduleStage stage, Schedule schedule, ScheduleProof proof, Func<int, Task> play, int mostSecondsToEnd)
    {
        for (var round = 1; ; round++)
        {
            await play(round);
            await schedule.EndAsync();
            await proof.UntilStillAsync(mostSecondsToEnd);
            await schedule.RememberAsync();
            await proof.CheckAsync(schedule.Leases);
            TestContext.Current.TestOutputHelper?.WriteLine(Describe(stage, schedule));
            var left = PlannedUse.BrokenMeters.Where(b => schedule.Leases.All(l => b.Used(l) == l.Used() / 1000)).Select(b => $"A meter that {b.Defect} is not told from a sound one.").ToList();
            if (left.Count == 0 && schedule.Leases.Any(l => l.Refusals > 0) && schedule.Leases.Any(l => l.WasIsolated))
                return;
            Assert.True(round < MostRounds, $"No report was too late, nobody was isolated, or: {string.Join(' ', left)}");
        }
    }

    /// <summary>Nobody was told to pause for anything that happened to gateways.</summary>
    public static async Task RequireUndisturbedAsync(ScheduleStage stage, Schedule schedule, Func<PlannedLease, bool>? mayBePaused = null)
    {
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
