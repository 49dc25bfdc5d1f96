using Gateway.Domain.Leases;
using Gateway.Server.Tests.Storage;
using Gateway.Testing;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

/// <summary>Those that cannot be settled must not keep those waiting that can.</summary>
public abstract class StarvationTests(StorageKind kind) : SettlementTest(kind)
{
    private const int Stuck = 120;

    [Fact]
    [Regression(24)]
    public async Task More_than_a_hundred_stuck_accounts_starve_nobody()
    {
        var process = await StartAsync();
        for (var payer = 1; payer <= Stuck; payer++)
            await OpenAsync($"stuck-{payer}", payer, 1000);
        await SettleAsync(process);
        for (var payer = 1; payer <= Stuck; payer++)
            Chain.Revoked.Add(Given.Address(payer));
        for (var payer = 1; payer <= Stuck; payer++)
            await ResizeAsync($"stuck-{payer}", payer, 2000);

        for (var i = 0; i < 10; i++)
        {
            // New ones come while those that are stuck come up again and again.
            await OpenAsync($"good-{i}", 1000 + i, 1000);
            for (var block = 0; block < 8; block++)
            {
                await process.StepAsync(Cancellation);
                Chain.Mine();
                Time.Advance(TimeSpan.FromSeconds(1));
            }

            AssertPaid(1000 + i, 800, 200);
            Assert.Equal(LeaseState.Active, (await LeaseAsync($"good-{i}", 1000 + i)).State);
        }
    }
}

[Collection(Kinds.Redis)]
public sealed class Starvation_on_redis(StandaloneRedis kind) : StarvationTests(kind);
