using Gateway.Domain.Accounts;
using Gateway.Domain.Money;
using Gateway.Server.Configuration;
using Xunit;

namespace Gateway.Server.Tests.Configuration;

public sealed class SettlementOptionsValidatorTests
{
    [Fact]
    public void The_defaults_are_valid_and_are_the_domains() =>
        Assert.Equal((true, Domain.Settlement.FeePolicy.Default), (Validate(new SettlementOptions()).Count == 0, new SettlementOptions().ToFeePolicy()));

    [Fact]
    public void Ceilings_and_tip_reach_the_policy()
    {
        var policy = new SettlementOptions { TipWei = 7, CeilingNavax = new CeilingOptions { Trim = 3 } }.ToFeePolicy();

        Assert.Equal((Wei.From(7), Wei.FromGwei(3)), (policy.Tip, policy.Ceilings.For(Urgency.Trim)));
    }

    [Fact]
    public void Every_problem_is_told_with_its_key()
    {
        var problems = Validate(new SettlementOptions
        {
            DailyBudgetNavax = 0,
            BlockGasSharePercent = 51,
            TipWei = 0,
            CoalescingWindow = TimeSpan.FromSeconds(11),
            CeilingNavax = new CeilingOptions { StopLoss = 0, Open = -1, Raise = 1_000_001, Lower = 0, Trim = 0 },
        });

        string[] keys = ["DailyBudgetNavax", "BlockGasSharePercent", "TipWei", "CoalescingWindow", "CeilingNavax:StopLoss", "CeilingNavax:Open", "CeilingNavax:Raise", "CeilingNavax:Lower", "CeilingNavax:Trim"];
        Assert.Equal(keys.Select(k => $"Gateway:Settlement:{k}"), problems.Select(p => p[..p.IndexOf(": ", StringComparison.Ordinal)]));
    }

    private static List<string> Validate(SettlementOptions options) => [.. new SettlementOptionsValidator().Validate(name: null, options).Failures ?? []];
}
