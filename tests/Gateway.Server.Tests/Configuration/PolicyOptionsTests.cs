using Gateway.Domain.Identity;
using Gateway.Server.Configuration;
using Gateway.Server.Evaluation;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace Gateway.Server.Tests.Configuration;

/// <summary>The policy as an operator writes it: a default, tokens that differ, payers that differ.</summary>
public sealed class PolicyOptionsTests
{
    private const string Payer = "0x2222222222222222222222222222222222222222";
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
            .. new[] { "Host", "Cfa", "Gda", "CfaForwarder" }.Select(c => KeyValuePair.Create("Gateway:Chain:Contracts:" + c, (string?)Somebody.ToString())),
        ]).Build();
        using var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddGatewayConfiguration()
            .AddSingleton<AccountPolicies>().BuildServiceProvider();
        return services.GetRequiredService<AccountPolicies>();
    }
}
