using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Benchmarks.Bursts;

/// <summary>One VM that is started and stopped again and again, and whom it pays.</summary>
internal sealed record BurstVm(string Lease, Address Payer, Address Node, FlowRate Rate);

/// <summary>A VM starts or stops.</summary>
/// <param name="At">From the beginning, to the millisecond.</param>
internal sealed record VmSwitch(TimeSpan At, BurstVm Vm, bool Runs);

/// <summary>Work as inference has it: bursts whose lengths are heavy-tailed, and gaps between them. The same seed, the same work.</summary>
/// <remarks>Lengths are Pareto with shape 1.5: most bursts last a second or two, some minutes; the mean is three times the shortest.</remarks>
internal sealed class BurstLoad(int seed)
{
    private const double Shape = 1.5;

    private static readonly TimeSpan ShortestRun = TimeSpan.FromMilliseconds(1_500);
    private static readonly TimeSpan ShortestGap = TimeSpan.FromMilliseconds(2_500);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    private readonly Random _random = new(seed);

    /// <summary>Starts and stops of all VMs in the order of time, the last ones stops: at the end nothing runs.</summary>
    public IReadOnlyList<VmSwitch> Of(IReadOnlyList<BurstVm> vms, TimeSpan span) =>
        [.. vms.SelectMany(vm => Of(vm, span)).OrderBy(s => s.At).ThenBy(s => s.Vm.Lease, StringComparer.Ordinal)];

    private IEnumerable<VmSwitch> Of(BurstVm vm, TimeSpan span)
    {
        var at = Length(ShortestGap);
        while (at < span)
        {
            yield return new VmSwitch(at, vm, Runs: true);
            var end = at + Length(ShortestRun);
            at = end < span ? end : span;
            yield return new VmSwitch(at, vm, Runs: false);
            at += Length(ShortestGap);
        }
    }

    private TimeSpan Length(TimeSpan shortest)
    {
        var length = TimeSpan.FromMilliseconds(Math.Floor(shortest.TotalMilliseconds * Math.Pow(1 - _random.NextDouble(), -1 / Shape)));
        return length < Longest ? length : Longest;
    }
}
