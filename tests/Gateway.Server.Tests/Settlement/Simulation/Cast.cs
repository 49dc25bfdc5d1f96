using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Tests.Storage;

namespace Gateway.Server.Tests.Settlement.Simulation;

/// <summary>Who plays: few enough that they meet all the time.</summary>
internal static class Cast
{
    public static readonly Address Operator = Given.Address(0x0f);

    public static readonly ImmutableArray<AccountKey> Accounts = [.. Enumerable.Range(1, 5).Select(n => new AccountKey(Given.Token, Given.Address(n)))];

    public static readonly ImmutableArray<Address> Payees = [.. Enumerable.Range(0xb1, 3).Select(Given.Address)];

    public static readonly ImmutableArray<FlowKey> Flows =
        [.. Accounts.SelectMany(a => Payees.Select(p => new FlowKey(a.SuperToken, a.Payer, p)))];

    /// <summary>Prices come again: a rate alone does not say of which generation it is.</summary>
    public static readonly ImmutableArray<FlowRate> Prices = [.. new long[] { 1000, 2000, 3500, 500 }.Select(r => Given.Rate(r))];

    public static readonly TokenParameters Parameters = new(14_400, 1_800, TokenAmount.Zero);

    private static readonly Dictionary<FlowKey, int> Indices = Flows.Select((f, i) => (f, i)).ToDictionary(p => p.f, p => p.i);

    public static int IndexOf(FlowKey flow) => Indices[flow];

    public static int PayerOf(int flow) => flow / Payees.Length;

    public static int PayerOf(AccountKey account) => Accounts.IndexOf(account);
}
