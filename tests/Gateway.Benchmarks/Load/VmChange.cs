using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Benchmarks.Load;

internal enum ChangeKind
{
    Unspecified = 0,
    Open = 1,
    Resize = 2,
    Close = 3,
}

/// <summary>One change of one VM: what a scheduler asks for.</summary>
/// <param name="Due">When it is asked for, from the start of its burst: it does not wait for earlier ones to be answered.</param>
/// <param name="Rate">Of both legs together afterwards; zero for a close.</param>
internal sealed record VmChange(int Number, TimeSpan Due, ChangeKind Kind, string Lease, Address Payer, Address Node, FlowRate Rate);

/// <summary>The two legs of a lease: its node, and the community.</summary>
internal static class TwoLegs
{
    public const uint NodeShare = 800_000;
    public const uint CommunityShare = 1_000_000 - NodeShare;

    public static FlowRate Community(FlowRate total) => FlowRate.FromWeiPerSecond(total.WeiPerSecond * CommunityShare / 1_000_000);

    /// <summary>The first payee owns the remainder.</summary>
    public static FlowRate Node(FlowRate total) => total - Community(total);
}
