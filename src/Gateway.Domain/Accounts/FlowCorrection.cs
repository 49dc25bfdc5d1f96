using System.Globalization;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Domain.Accounts;

/// <summary>Wei per second that a flow is wanted to carry beyond its legs, or below them, until its drift is gone. Signed; <c>default</c> is none.</summary>
public readonly record struct RateTrim(Int128 WeiPerSecond)
{
    /// <summary>A trim of a flow whose VMs all run is at most this part of what it trims, and one upwards never more.</summary>
    public const int MostOf = 5;

    public static readonly RateTrim None;

    public bool IsNone => WeiPerSecond == 0;

    /// <summary>What it takes from the legs.</summary>
    public FlowRate Missing => WeiPerSecond < 0 ? FlowRate.FromWeiPerSecond(-WeiPerSecond) : FlowRate.Zero;

    /// <summary>What it adds to them.</summary>
    public FlowRate Added => WeiPerSecond > 0 ? FlowRate.FromWeiPerSecond(WeiPerSecond) : FlowRate.Zero;

    /// <summary>The same, no more than a fifth of the legs.</summary>
    public RateTrim Gently(FlowRate legs)
    {
        var most = legs.WeiPerSecond / MostOf;
        return new RateTrim(Int128.Clamp(WeiPerSecond, -most, most));
    }

    /// <summary>The same, as far as the legs allow: the flow stays.</summary>
    public RateTrim Within(FlowRate legs) => new(Int128.Clamp(WeiPerSecond, legs.IsZero ? 0 : 1 - legs.WeiPerSecond, legs.WeiPerSecond / MostOf));

    public FlowRate On(FlowRate legs) => FlowRate.FromWeiPerSecond(legs.WeiPerSecond + WeiPerSecond);

    /// <exception cref="FormatException">Not a signed decimal integer.</exception>
    public static RateTrim Parse(string text) => new(NetFlowRate.Parse(text).WeiPerSecond);

    public string ToDecimal() => WeiPerSecond.ToString(CultureInfo.InvariantCulture);

    public override string ToString() => (WeiPerSecond > 0 ? "+" : "") + ToDecimal() + " wei/s";
}

/// <summary>A flow whose last lease has ended, and that goes on for what is still owed.</summary>
/// <param name="Until">From then on it is to be closed: the close takes a while to get on chain.</param>
public sealed record KeptFlow(FlowRate Rate, BlockTime Until);

/// <summary>How a flow is wanted otherwise than its leases say, so that what is streamed meets what is used (decision 16).</summary>
/// <param name="Lacking">What the chain may pay less than the leases want by our own trim: no disruption.</param>
/// <param name="Kept">Null while a lease wants something of it, and where nothing is owed.</param>
public sealed record FlowCorrection(RateTrim Trim, FlowRate Lacking, KeptFlow? Kept)
{
    public static readonly FlowCorrection None = new(RateTrim.None, FlowRate.Zero, Kept: null);

    /// <summary>What is wanted where the legs add up to this.</summary>
    public FlowRate On(FlowRate legs) => legs.IsZero ? Kept?.Rate ?? FlowRate.Zero : Trim.On(legs);

    /// <summary>The same where the legs have come to add up to something else.</summary>
    public FlowCorrection For(FlowRate legs)
    {
        if (legs.IsZero)
            return this with { Trim = RateTrim.None };
        var trim = Trim.Within(legs);
        return new FlowCorrection(trim, FlowRate.Larger(Lacking, trim.Missing), Kept: null);
    }

    /// <summary>The chain shows the flow as it is wanted.</summary>
    public FlowCorrection AsShown() => this with { Lacking = Trim.Missing };
}
