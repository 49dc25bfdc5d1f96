namespace Gateway.Server.Evaluation;

/// <summary>How patient the lease breakers are.</summary>
internal sealed class BreakerOptions
{
    /// <summary>Uncertain bad looks in a row until a lease is paused. At least 2, default 3. Certain evidence pauses at once.</summary>
    public int UncertainLooks { get; set; } = 3;

    /// <summary>Time from opening to the first probe; doubles with every probe that fails. Default 1 s.</summary>
    public TimeSpan FirstBreak { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest time between two probes. Default 1 min.</summary>
    public TimeSpan LongestBreak { get; set; } = TimeSpan.FromMinutes(1);
}
