using Gateway.Domain.Accounts;
using Gateway.Domain.Money;
using Gateway.Server.Accounts;
using Gateway.Server.Accounts.Preparing;
using Gateway.Server.Tests.Hosting;
using Xunit;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Tests.Accounts;

/// <summary>Grants and revocations, signed as they were prepared, on the real contracts.</summary>
public sealed class AuthorizationTests(SteppedWorld stepped) : CustomerTest(stepped), IClassFixture<SteppedWorld>
{
    [Fact]
    public async Task A_grant_without_a_limit_a_finite_one_and_a_revocation_do_what_was_expected_of_them()
    {
        await using var gateway = await NewGatewayAsync();
        var payer = await NewPayerAsync();
        var usdcx = Chain.Tokens.Usdcx;
        (string Allowance, bool Revoke, OperatorGrant Granted)[] wishes =
        [
            ("", false, OperatorGrant.Unlimited),
            ("123456789", false, OperatorGrant.Unlimited with { Allowance = FlowRate.FromWeiPerSecond(123_456_789) }),
            ("", true, OperatorGrant.None),
        ];
        foreach (var (allowance, revoke, granted) in wishes)
        {
            var request = new Wire.PrepareAuthorizationRequest { Payer = payer.Address.ToString(), Token = "USDCx", FlowRateAllowance = allowance, Revoke = revoke };
            var prepared = await gateway.Get<AccountDesk>().PrepareAuthorizationAsync(request, Cancellation);
            await SignAsync(payer, Assert.Single(prepared.Transactions));

            Assert.Equal(granted, await GrantAsync(payer, usdcx));
            var now = await LookAsync(gateway, payer, "USDCx");
            Assert.Equal(
                (prepared.Expected.CanCreate, prepared.Expected.CanUpdate, prepared.Expected.CanDelete, prepared.Expected.FlowRateAllowance, prepared.Expected.UnlimitedAllowance),
                (now.CanCreate, now.CanUpdate, now.CanDelete, now.FlowRateAllowance, now.UnlimitedAllowance));
            // It is so already: nothing is left to be signed.
            Assert.Empty((await gateway.Get<AccountDesk>().PrepareAuthorizationAsync(request, Cancellation)).Transactions);
        }
    }

    [Fact]
    public async Task Through_the_host_the_same_is_granted_and_revoked()
    {
        await using var gateway = await NewGatewayAsync();
        var payer = await NewPayerAsync();
        var target = gateway.Get<AccountRequests>().Account("ALEPH", payer.Address.ToString());
        OperatorGrant[] grants = [OperatorGrant.Unlimited, OperatorGrant.Unlimited with { Allowance = FlowRate.FromWeiPerSecond(7) }, OperatorGrant.None];
        foreach (var grant in grants)
        {
            var call = gateway.Get<GrantCalls>().ByHost(target, grant);
            await Chain.Sender.CallAsync(payer, call.To, call.Data, Cancellation);

            Assert.Equal(grant, await GrantAsync(payer, Chain.Tokens.Aleph));
        }
    }

    [Fact]
    public async Task The_operator_needs_no_permission_for_its_own_account()
    {
        await using var gateway = await NewGatewayAsync();
        var request = new Wire.PrepareAuthorizationRequest { Payer = Chain.Accounts.Operator.Address.ToString(), Token = "ALEPH" };

        var prepared = await gateway.Get<AccountDesk>().PrepareAuthorizationAsync(request, Cancellation);

        Assert.Empty(prepared.Transactions);
        Assert.True(prepared.Expected is { CanCreate: true, UnlimitedAllowance: true });
    }
}
