using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Server.Configuration;
using Gateway.Server.Evaluation;
using Gateway.Server.Webhooks;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace Gateway.Server.Tests.Configuration;

/// <summary>The policy as an operator writes it: a default, tokens that differ, payers that differ.</summary>
public sealed class PolicyOptionsTests
{
    private const string Payer = "0x2222222222222222222222222222222222222222";
    private static readonly string[] Contracts = ["Host", "Cfa", "Gda", "CfaForwarder"];
    private static readonly Address OneToken = Address.Parse("0x" + new string('1', 40));
    private static readonly Address OtherToken = Address.Parse("0x" + new string('3', 40));
    private static readonly Address Somebody = Address.Parse("0x" + new string('9', 40));

    [Fact]
    public void The_narrowest_value_that_is_set_counts_for_an_account_and_the_others_are_inherited()
    {
        var policies = Policies(
            ("PauseMargin", "00:10:00"),
            ("Tokens:ONE:PauseMargin", "00:20:00"),
            ("Tokens:ONE:ResumeHysteresis", "00:07:00"),
            ($"Payers:{Payer}:PauseMargin", "00:30:00"),
            ($"Payers:{Payer}:Tokens:ONE:PauseMargin", "00:40:00"));
        var payer = Address.Parse(Payer);

        Assert.Equal(
            [(10, 5), (20, 7), (30, 5), (40, 7)],
            new[] { new AccountKey(OtherToken, Somebody), new(OneToken, Somebody), new(OtherToken, payer), new(OneToken, payer) }
                .Select(key => policies.For(key)).Select(p => ((int)p.PauseMargin.TotalMinutes, (int)p.ResumeHysteresis.TotalMinutes)));
    }

    [Fact]
    public void Exposure_and_admission_follow_the_same_order()
    {
        var policies = Policies(
            ("Tokens:ONE:ChainUnreachable", "fail-open"),
            ($"Payers:{Payer}:ExposureLimit", "00:03:00"),
            ($"Payers:{Payer}:AdmissionRunway", "01:00:00"));
        var (payer, plain) = (new AccountKey(OneToken, Address.Parse(Payer)), new AccountKey(OtherToken, Somebody));

        Assert.Equal((TimeSpan.FromMinutes(3), false), (policies.ExposureFor(payer).ExposureLimit, policies.ExposureFor(payer).FailClosed));
        Assert.Equal((TimeSpan.FromMinutes(10), true), (policies.ExposureFor(plain).ExposureLimit, policies.ExposureFor(plain).FailClosed));
        Assert.Equal((75UL * 60, 20UL * 60), (policies.AdmissionFor(payer).MinimumRunway.Seconds, policies.AdmissionFor(plain).MinimumRunway.Seconds));
    }

    [Fact]
    public void The_rungs_of_the_ladder_are_set_like_the_rest()
    {
        var policies = Policies(
            ("Warnings:0", "01:00:00"), ("Warnings:1", "2.00:00:00"), ("Tokens:ONE:Protect", "customer"), ("Tokens:ONE:CloseMargin", "00:00:30"),
            ($"Payers:{Payer}:Grace", "3.00:00:00"), ($"Payers:{Payer}:Warnings:0", "00:30:00"), ($"Payers:{Payer}:PauseMargin", "00:01:00"));
        var (plain, payer, one) = (policies.For(new(OtherToken, Somebody)), policies.For(new(OtherToken, Address.Parse(Payer))), policies.For(new(OneToken, Somebody)));

        Assert.Equal([TimeSpan.FromDays(2), TimeSpan.FromHours(1)], plain.Warnings.AsEnumerable());
        Assert.Equal((Protection.Node, TimeSpan.FromMinutes(5), TimeSpan.FromDays(14)), (plain.Protect, plain.CloseMargin, plain.Grace));
        Assert.Equal((Protection.Customer, TimeSpan.FromSeconds(30)), (one.Protect, one.CloseMargin));
        // A close margin that nobody has set is no longer than the pause margin.
        Assert.Equal((TimeSpan.FromDays(3), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(30)), (payer.Grace, payer.CloseMargin, Assert.Single(payer.Warnings)));
    }

    [Fact]
    public void A_close_margin_beyond_the_pause_margin_is_refused_where_they_meet()
    {
        var problem = Assert.Throws<OptionsValidationException>(() => Policies(
            ("CloseMargin", "00:10:00"), ("Tokens:ONE:PauseMargin", "00:05:00"), ("Protect", "nobody"), ("Warnings:0", "00:00:30"), ("Grace", "00:00:01")));

        string[] keys = ["Grace", "Protect", "Tokens:ONE:CloseMargin", "Warnings:0"];
        Assert.Equal(keys.Select(k => $"Gateway:Policy:{k}"), problem.Failures.Select(p => p[..p.IndexOf(": ", StringComparison.Ordinal)]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Whoever_is_told_by_http_needs_a_secret()
    {
        Assert.Contains("Gateway:Webhooks:Secret", Assert.Throws<OptionsValidationException>(() => Webhooks("short")).Message, StringComparison.Ordinal);
        Assert.True(Webhooks("sixteen or more..").IsOn);

        static WebhookOptions Webhooks(string secret)
        {
            var configuration = new ConfigurationBuilder().AddInMemoryCollection(
            [
                KeyValuePair.Create("Gateway:Webhooks:Url", (string?)"http://10.0.0.1/hook"), KeyValuePair.Create("Gateway:Webhooks:Secret", (string?)secret),
            ]).Build();
            using var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddGatewayConfiguration().BuildServiceProvider();
            return services.GetRequiredService<IOptions<WebhookOptions>>().Value;
        }
    }

    [Fact]
    public void Every_problem_is_told_with_its_key_and_unknown_symbols_are_named()
    {
        var problem = Assert.Throws<OptionsValidationException>(() => Policies(
            ("PauseMargin", "00:00:00"),
            ("Tokens:NONE:PauseMargin", "8.00:00:00"),
            ("Payers:0x12:ExposureLimit", "00:00:01"),
            ($"Payers:{Payer}:Tokens:ELSE:ChainUnreachable", "shrug")));

        string[] keys = ["PauseMargin", "Tokens:NONE", "Tokens:NONE:PauseMargin", "Payers:0x12", "Payers:0x12:ExposureLimit", $"Payers:{Payer}:Tokens:ELSE", $"Payers:{Payer}:Tokens:ELSE:ChainUnreachable"];
        Assert.Equal(keys.Select(k => $"Gateway:Policy:{k}").Order(), problem.Failures.Select(p => p[..p.IndexOf(": ", StringComparison.Ordinal)]).Order());
        Assert.Contains(problem.Failures, p => p.Contains("'NONE' is no token of this chain; known are ONE, OTHER", StringComparison.Ordinal));
    }

    private static AccountPolicies Policies(params (string Key, string Value)[] policy)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(
        [
            .. policy.Select(p => KeyValuePair.Create("Gateway:Policy:" + p.Key, (string?)p.Value)),
            KeyValuePair.Create("Gateway:Chain:Tokens:ONE:Address", (string?)OneToken.ToString()),
            KeyValuePair.Create("Gateway:Chain:Tokens:OTHER:Address", (string?)OtherToken.ToString()),
            KeyValuePair.Create("Gateway:Chain:ChainId", (string?)"31337"),
            KeyValuePair.Create("Gateway:Chain:Endpoints:0:Url", (string?)"http://127.0.0.1:1"),
            .. Contracts.Select(c => KeyValuePair.Create("Gateway:Chain:Contracts:" + c, (string?)Somebody.ToString())),
        ]).Build();
        using var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddGatewayConfiguration()
            .AddSingleton<AccountPolicies>().BuildServiceProvider();
        return services.GetRequiredService<AccountPolicies>();
    }
}
