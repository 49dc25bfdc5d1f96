using Gateway.Chain.Signing;
using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Money;
using Gateway.Server.Tests.Hosting;
using Gateway.Testing;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Superfluid.Gateway.V1;
using Xunit;

namespace Gateway.Server.Tests.Leases;

[Collection(Hosted.Name)]
public sealed class OpenLeaseTests(HostedGateway gateway)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Incident("1.6.3")]
    public async Task The_answer_is_the_lease_once_the_chain_pays_every_leg()
    {
        // Not so much money that it would last longer than the chain can count.
        var payer = await gateway.NewPayerAsync(funds: Funds.OfPayer with { Aleph = Funds.OfTokens(1_000) });
        var request = Ask.OpenAndWait(gateway, payer.Address, Ask.NewId());
        request.Labels.Add("zone", "a");
        (request.Priority, request.PausedFlowRate) = (7, "5");

        var lease = await gateway.Leases.OpenLeaseAsync(request);

        Assert.Equal((LeaseState.Active, Execution.Run, Reason.Funded), (lease.State, lease.Execution, lease.Reason));
        Assert.Equal((request.LeaseId, request.VmId, request.Payer, 7, "5"), (lease.LeaseId, lease.VmId, lease.Payer, lease.Priority, lease.PausedFlowRate));
        Assert.Equal(("ALEPH", Eip55.Format(gateway.World.Chain.Tokens.Aleph)), (lease.Token, lease.TokenAddress));
        // floor(total × share) each, and the first payee owns the remainder.
        Assert.Equal(["12222222222222", "3055555555555"], lease.Legs.Select(l => l.FlowRate));
        Assert.Equal(lease.Legs.Select(l => l.FlowRate), lease.Legs.Select(l => l.FlowOnChain));
        Assert.Equal("a", lease.Labels["zone"]);
        Assert.Equal(("0", 0), (lease.AmountUsed, lease.RunningTime.Seconds));
        Assert.True(lease.FundedUntil.ToDateTimeOffset() > lease.OpenedAt.ToDateTimeOffset().AddYears(1));
        Assert.Contains(lease.Transactions, t => t.Kind == "open");
        Assert.Equal(FlowRate.Parse("12222222222222"), await gateway.FlowAsync(payer.Address, gateway.Node));
        Assert.Equal(FlowRate.Parse("3055555555555"), await gateway.FlowAsync(payer.Address, gateway.Community));
    }

    [Fact]
    public async Task The_same_request_has_the_same_lease_also_when_it_has_ended()
    {
        var payer = await gateway.NewPayerAsync();
        var request = Ask.Open(gateway, payer.Address, Ask.NewId());
        var first = await gateway.Leases.OpenLeaseAsync(request);
        // How long to wait is no part of what is asked for.
        var second = await gateway.Leases.OpenLeaseAsync(Ask.OpenAndWait(gateway, payer.Address, request.LeaseId));
        await gateway.Leases.CloseLeaseAsync(Ask.CloseAndWait(request.LeaseId));
        var third = await gateway.Leases.OpenLeaseAsync(request);

        Assert.Equal(first.OpenedAt, second.OpenedAt);
        Assert.Equal((LeaseState.Closed, first.OpenedAt), (third.State, third.OpenedAt));
        Assert.Equal(FlowRate.Zero, await gateway.FlowAsync(payer.Address, gateway.Node));
    }

    [Fact]
    public async Task Another_request_under_the_same_id_is_refused_whatever_differs()
    {
        var payer = await gateway.NewPayerAsync();
        var stranger = await gateway.NewPayerAsync();
        var id = Ask.NewId();
        await gateway.Leases.OpenLeaseAsync(Ask.Open(gateway, payer.Address, id));
        Action<OpenLeaseRequest>[] changes =
        [
            r => r.VmId = "vm-other",
            r => r.Payer = Eip55.Format(stranger.Address),
            r => r.Token = "USDCx",
            r => r.Price = new Price { FlowRate = "1" },
            r => r.PausedFlowRate = "1",
            r => r.Priority = 1,
            r => r.Payees[0].Role = "host",
            r => (r.Payees[0].SharePpm, r.Payees[1].SharePpm) = (700_000, 300_000),
            r => r.StartsAt = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow()),
            r => r.Labels.Add("zone", "b"),
        ];

        foreach (var change in changes)
        {
            var request = Ask.Open(gateway, payer.Address, id);
            change(request);
            var refused = await Ask.RefusedAsync(() => gateway.Leases.OpenLeaseAsync(request));
            Assert.Equal((StatusCode.AlreadyExists, "LEASE_EXISTS", id), (refused.Code, refused.Info.Reason, refused.Info.Metadata["lease_id"]));
        }
    }

    [Fact]
    public async Task Sixty_four_simultaneous_identical_requests_open_one_lease_and_one_flow()
    {
        var payer = await gateway.NewPayerAsync();
        var request = Ask.OpenAndWait(gateway, payer.Address, Ask.NewId());

        var answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => gateway.Leases.OpenLeaseAsync(request)));

        Assert.Single(answers.Select(a => a.OpenedAt).Distinct());
        Assert.All(answers, a => Assert.Equal(LeaseState.Active, a.State));
        var listed = await gateway.Leases.ListLeasesAsync(new ListLeasesRequest { Payer = request.Payer });
        Assert.Single(listed.Leases);
        Assert.Equal(FlowRate.Parse("12222222222222"), await gateway.FlowAsync(payer.Address, gateway.Node));
    }

    [Fact]
    [Incident("1.6.2")]
    public async Task Leases_of_different_ids_may_be_opened_at_once_and_share_their_flows()
    {
        var payer = await gateway.NewPayerAsync();
        var test = Ask.NewId();

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 16).Select(i => gateway.Leases.OpenLeaseAsync(Ask.OpenAndWait(gateway, payer.Address, $"{test}.{i}", "1000"))));

        Assert.All(answers, a => Assert.Equal(LeaseState.Active, a.State));
        Assert.Equal(FlowRate.FromWeiPerSecond(16 * 800), await gateway.FlowAsync(payer.Address, gateway.Node));
    }

    [Fact]
    public async Task Without_the_payers_permission_nothing_is_opened_and_nothing_is_left_behind()
    {
        var payer = await gateway.NewPayerAsync(authorised: false);
        var other = await gateway.NewPayerAsync();
        var id = Ask.NewId();

        var refused = await Ask.RefusedAsync(() => gateway.Leases.OpenLeaseAsync(Ask.Open(gateway, payer.Address, id)));

        Assert.Equal((StatusCode.FailedPrecondition, "REASON_PERMISSION_REVOKED"), (refused.Code, refused.Info.Reason));
        Assert.Equal(("create, delete", "none"), (refused.Info.Metadata["required"], refused.Info.Metadata["present"]));
        var missing = await Ask.RefusedAsync(() => gateway.Leases.GetLeaseAsync(new GetLeaseRequest { LeaseId = id }));
        Assert.Equal(StatusCode.NotFound, missing.Code);
        Assert.Equal(id, (await gateway.Leases.OpenLeaseAsync(Ask.Open(gateway, other.Address, id))).LeaseId);
    }

    [Fact]
    public async Task An_allowance_that_is_too_small_is_told_with_both_numbers()
    {
        var payer = await gateway.NewPayerAsync(authorised: false);
        await gateway.GrantAsync(payer, FlowPermissions.All, FlowRate.FromWeiPerSecond(999));

        var refused = await Ask.RefusedAsync(() => gateway.Leases.OpenLeaseAsync(Ask.Open(gateway, payer.Address, Ask.NewId(), "1000")));

        Assert.Equal((StatusCode.FailedPrecondition, "REASON_ALLOWANCE_EXHAUSTED"), (refused.Code, refused.Info.Reason));
        Assert.Equal(("1000", "999"), (refused.Info.Metadata["required"], refused.Info.Metadata["present"]));
    }

    [Fact]
    public async Task A_balance_that_does_not_cover_the_buffer_is_told_with_both_numbers()
    {
        var payer = await gateway.NewPayerAsync(funds: Funds.OfPayer with { Aleph = TokenAmount.FromWei(1_000_000) });

        var refused = await Ask.RefusedAsync(() => gateway.Leases.OpenLeaseAsync(Ask.Open(gateway, payer.Address, Ask.NewId())));

        Assert.Equal((StatusCode.FailedPrecondition, "REASON_INSUFFICIENT_BALANCE", "1000000"), (refused.Code, refused.Info.Reason, refused.Info.Metadata["present"]));
        Assert.True(TokenAmount.Parse(refused.Info.Metadata["required"]) > TokenAmount.FromWei(1_000_000));
    }

    [Fact]
    public async Task An_account_that_would_not_last_is_refused_for_its_runway()
    {
        // The buffer of four hours is covered, and ten minutes more; twenty are wanted.
        var rate = TokenAmount.Parse(Ask.Rate).Wei;
        var payer = await gateway.NewPayerAsync(funds: Funds.OfPayer with { Aleph = TokenAmount.FromWei(rate * ((4 * 3600) + 600)) });

        var refused = await Ask.RefusedAsync(() => gateway.Leases.OpenLeaseAsync(Ask.Open(gateway, payer.Address, Ask.NewId())));

        Assert.Equal((StatusCode.FailedPrecondition, "REASON_RUNWAY_LOW"), (refused.Code, refused.Info.Reason));
        Assert.True(TokenAmount.Parse(refused.Info.Metadata["required"]) > TokenAmount.Parse(refused.Info.Metadata["present"]));
    }

    [Fact]
    public async Task A_super_app_is_not_paid()
    {
        var payer = await gateway.NewPayerAsync();
        var app = await gateway.DeploySuperAppAsync();
        var request = Ask.Open(gateway, payer.Address, Ask.NewId());
        request.Payees[1].Address = Eip55.Format(app);

        var refused = await Ask.RefusedAsync(() => gateway.Leases.OpenLeaseAsync(request));
        var quote = await gateway.Leases.QuoteLeaseAsync(
            new QuoteLeaseRequest { Payer = request.Payer, Token = request.Token, Price = request.Price, Payees = { request.Payees } });

        Assert.Equal((StatusCode.FailedPrecondition, "REASON_PAYEE_REJECTED"), (refused.Code, refused.Info.Reason));
        Assert.Equal(Eip55.Format(app), refused.Info.Metadata["payee"]);
        Assert.Equal((false, Reason.PayeeRejected), (quote.Admitted, quote.Reason));
    }

    [Fact]
    public async Task A_lease_may_start_before_its_request_arrives()
    {
        var payer = await gateway.NewPayerAsync();
        var request = Ask.Open(gateway, payer.Address, Ask.NewId());
        request.StartsAt = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow() - TimeSpan.FromHours(1));

        Assert.Equal(request.StartsAt, (await gateway.Leases.OpenLeaseAsync(request)).OpenedAt);
    }

    [Fact]
    public async Task A_wait_that_is_over_answers_the_lease_as_it_stands()
    {
        var payer = await gateway.NewPayerAsync();
        var request = Ask.Open(gateway, payer.Address, Ask.NewId());
        // Nobody pauses it, so this state does not come.
        (request.WaitFor, request.WaitAtMost) = (LeaseState.Paused, Duration.FromTimeSpan(TimeSpan.FromMilliseconds(100)));

        Assert.NotEqual(LeaseState.Paused, (await gateway.Leases.OpenLeaseAsync(request)).State);
    }
}
