using System.Numerics;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Chain.Superfluid;

/// <summary>The CFA's views (superfluid.md §1.1), and those of the GDA that an account's net rate needs.</summary>
public sealed class AgreementViews(SuperfluidContracts contracts)
{
    /// <summary>keccak256("org.superfluid-finance.agreements.ConstantFlowAgreement.v1").</summary>
    public static readonly Hash32 CfaType = Hash32.Parse("0xa9214cc96615e0085d3bb077758db69497dc2dce3b2b1e97bc93c3d18d83efd3");

    public static readonly Hash32 GdaType = Hash32.Parse("0xdfd8ece9bfbcb8c5c540edb935641f63d67686490a1ab97f000288759f30a946");

    public ChainView<FlowReading> Flow(FlowKey flow) => new(
        contracts.Cfa,
        Interfaces.Cfa.Function("getFlow"),
        [flow.SuperToken, flow.Payer, flow.Payee],
        v => new FlowReading(FlowRate.FromWeiPerSecond(Decoded.Int128(v[1])), Decoded.Time(v[0]), Decoded.Amount(v[2])));

    /// <summary>All CFA flows of an account together.</summary>
    public ChainView<AccountFlows> AccountFlows(AccountKey account) => new(
        contracts.Cfa,
        Interfaces.Cfa.Function("getAccountFlowInfo"),
        [account.SuperToken, account.Payer],
        v => new AccountFlows(Decoded.Time(v[0]), NetFlowRate.FromWeiPerSecond(Decoded.Int128(v[1])), Decoded.Amount(v[2])));

    /// <summary>The GDA's part of the net rate; it is not in <see cref="AccountFlows"/>.</summary>
    public ChainView<NetFlowRate> DistributionNetFlow(AccountKey account) => new(
        contracts.Gda,
        Interfaces.Gda.Function("getNetFlow"),
        [account.SuperToken, account.Payer],
        v => NetFlowRate.FromWeiPerSecond(Decoded.Int128(v[0])));

    /// <summary>What all pools ever moved of an account's balance, its buffers for distributions taken off: the GDA's part of what can be spent at that second.</summary>
    public ChainView<TokenAmount> DistributionBalance(AccountKey account, BlockTime at) => new(
        contracts.Gda,
        Interfaces.Gda.Function("realtimeBalanceOf"),
        [account.SuperToken, account.Payer, at.UnixSeconds],
        v => Decoded.Amount(v[0]) - (Decoded.Amount(v[1]) > Decoded.Amount(v[2]) ? Decoded.Amount(v[1]) - Decoded.Amount(v[2]) : TokenAmount.Zero));

    public ChainView<OperatorGrant> Grant(AccountKey account, Address flowOperator) => new(
        contracts.Cfa,
        Interfaces.Cfa.Function("getFlowOperatorData"),
        [account.SuperToken, account.Payer, flowOperator],
        v => GrantOf((FlowPermissions)(int)(BigInteger)v[1], FlowRate.FromWeiPerSecond(Decoded.Int128(v[2]))));

    /// <summary>max(minimum deposit, clipped rate × liquidation period): an exact quote.</summary>
    public ChainView<TokenAmount> DepositFor(Address superToken, FlowRate rate) => new(
        contracts.Cfa, Interfaces.Cfa.Function("getDepositRequiredForFlowRate"), [superToken, rate.WeiPerSecond], v => Decoded.Amount(v[0]));

    /// <summary>True also where the account is not critical.</summary>
    public ChainView<bool> IsPatrician(AccountKey account, BlockTime at) => new(
        contracts.Cfa, Interfaces.Cfa.Function("isPatricianPeriod"), [account.SuperToken, account.Payer, at.UnixSeconds], v => (bool)v[0]);

    private static OperatorGrant GrantOf(FlowPermissions permissions, FlowRate allowance) => new(
        permissions.HasFlag(FlowPermissions.Create), permissions.HasFlag(FlowPermissions.Update), permissions.HasFlag(FlowPermissions.Delete), allowance);
}

/// <summary>What the CFA knows of all flows of one account, in and out.</summary>
/// <param name="LastChanged">When any of them last changed; 0: it never had one.</param>
/// <param name="Net">In minus out; distributions of the GDA are not in it.</param>
/// <param name="Deposit">Sum of the buffers of its outgoing flows.</param>
public sealed record AccountFlows(BlockTime LastChanged, NetFlowRate Net, TokenAmount Deposit);

/// <summary>A super token's views (superfluid.md §1.5).</summary>
public static class TokenViews
{
    /// <summary>What can be spent at that second: settled balance plus all agreements, buffers already taken off. Below zero: critical.</summary>
    /// <param name="at">Not before the account's last change: the contract would extrapolate backwards at today's rate.</param>
    public static ChainView<TokenAmount> AvailableBalance(AccountKey account, BlockTime at) => new(
        account.SuperToken, Interfaces.SuperToken.Function("realtimeBalanceOf"), [account.Payer, at.UnixSeconds], v => Decoded.Amount(v[0]));

    public static ChainView<bool> IsCritical(AccountKey account, BlockTime at) => new(
        account.SuperToken, Interfaces.SuperToken.Function("isAccountCritical"), [account.Payer, at.UnixSeconds], v => (bool)v[0]);

    public static ChainView<bool> IsSolvent(AccountKey account, BlockTime at) => new(
        account.SuperToken, Interfaces.SuperToken.Function("isAccountSolvent"), [account.Payer, at.UnixSeconds], v => (bool)v[0]);

    public static ChainView<Address> Host(Address superToken) => Account(superToken, "getHost");

    /// <summary>The zero address: a pure super token, or a native wrapper.</summary>
    public static ChainView<Address> Underlying(Address superToken) => Account(superToken, "getUnderlyingToken");

    public static ChainView<string> Symbol(Address superToken) => new(superToken, Interfaces.SuperToken.Function("symbol"), [], v => (string)v[0]);

    public static ChainView<int> Decimals(Address token) => new(token, Interfaces.Erc20.Function("decimals"), [], v => (int)(BigInteger)v[0]);

    /// <summary>Of the underlying, in its own decimals.</summary>
    public static ChainView<BigInteger> UnderlyingBalance(Address underlying, Address account) =>
        new(underlying, Interfaces.Erc20.Function("balanceOf"), [account], v => (BigInteger)v[0]);

    public static ChainView<BigInteger> UnderlyingAllowance(Address underlying, Address owner, Address superToken) =>
        new(underlying, Interfaces.Erc20.Function("allowance"), [owner, superToken], v => (BigInteger)v[0]);

    /// <summary>What an underlying calls itself, for people.</summary>
    public static ChainView<string> UnderlyingSymbol(Address underlying) => new(underlying, Interfaces.Erc20.Function("symbol"), [], v => (string)v[0]);

    private static ChainView<Address> Account(Address superToken, string function) => new(superToken, Interfaces.SuperToken.Function(function), [], v => (Address)v[0]);
}

/// <summary>What the Host and the governance answer (superfluid.md §1.2, §4.4).</summary>
public sealed class HostViews(SuperfluidContracts contracts)
{
    public ChainView<Address> AgreementClass(Hash32 agreementType) =>
        new(contracts.Host, Interfaces.Host.Function("getAgreementClass"), [agreementType], v => (Address)v[0]);

    public ChainView<Address> Governance() => new(contracts.Host, Interfaces.Host.Function("getGovernance"), [], v => (Address)v[0]);

    /// <summary>A super app as payee could refuse flows, or eat gas in callbacks.</summary>
    public ChainView<bool> IsApp(Address account) => new(contracts.Host, Interfaces.Host.Function("isApp"), [account], v => (bool)v[0]);

    /// <summary>(liquidation period, patrician period) in seconds.</summary>
    public ChainView<(ulong Liquidation, ulong Patrician)> Periods(Address governance, Address superToken) => new(
        governance,
        Interfaces.Governance.Function("getPPPConfig"),
        [contracts.Host, superToken],
        v => ((ulong)(BigInteger)v[0], (ulong)(BigInteger)v[1]));

    public ChainView<TokenAmount> MinimumDeposit(Address governance, Address superToken) => new(
        governance, Interfaces.Governance.Function("getSuperTokenMinimumDeposit"), [contracts.Host, superToken], v => Decoded.Amount(v[0]));

    public ChainView<Address> RewardAddress(Address governance, Address superToken) => new(
        governance, Interfaces.Governance.Function("getRewardAddress"), [contracts.Host, superToken], v => (Address)v[0]);
}
