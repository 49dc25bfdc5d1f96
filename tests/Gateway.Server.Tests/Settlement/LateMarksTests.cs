using Gateway.Server.Settlement;
using Gateway.Server.Tests.Storage;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

/// <summary>Changes that come while the lane plans: nobody may be left out for them, or an account under churn would never have its turn.</summary>
public abstract class LateMarksTests(StorageKind kind) : SettlementTest(kind)
{
    [Fact]
    public async Task A_change_that_comes_while_its_flows_are_planned_goes_with_the_same_transaction()
    {
        var process = await StartAsync(Ports with { Lane = new HookedLane(Lane, () => ResizeAsync("one", 1, 2000)) });
        await OpenAsync("one", 1, 1000);

        await process.StepAsync(Cancellation);
        Chain.Mine();

        Assert.Equal([1600], HistoryOf(1, Node));
        await SettleAsync(process);
        AssertPaid(1, 1600, 400);
        Assert.Equal(1UL, Chain.Consumed);
    }

    [Fact]
    public async Task A_late_lease_with_a_payee_that_was_not_looked_at_waits_whole_for_the_next_round()
    {
        var other = Given.Address(0xb1);
        var process = await StartAsync(Ports with { Lane = new HookedLane(Lane, () => OpenAsync("two", 1, 500, other)) });
        await OpenAsync("one", 1, 1000);

        await process.StepAsync(Cancellation);
        Chain.Mine();

        Assert.Equal([800], HistoryOf(1, Node));
        Assert.Empty(HistoryOf(1, Community));
        await SettleAsync(process);
        AssertPaid(1, 800, 300);
        Assert.Equal([400], HistoryOf(1, other));
        Assert.Equal([300], HistoryOf(1, Community));
    }

    /// <summary>Something happens right after what is due was read for the first time.</summary>
    private sealed class HookedLane(ILane inner, Func<Task> meanwhile) : LaneDecorator(inner)
    {
        private bool _happened;

        public override async Task<IReadOnlyList<LaneFlow>> DueAsync(DateTimeOffset now, int most, CancellationToken cancellationToken)
        {
            var due = await base.DueAsync(now, most, cancellationToken);
            if (!_happened)
            {
                _happened = true;
                await meanwhile();
            }

            return due;
        }
    }
}

[Collection(Kinds.Redis)]
public sealed class Late_marks_on_redis(StandaloneRedis kind) : LateMarksTests(kind);

[Collection(Kinds.Garnet)]
public sealed class Late_marks_on_garnet(EmbeddedGarnetRedis kind) : LateMarksTests(kind);
