namespace Gateway.Server.Settlement;

/// <summary>How long a flow waits after a fruitless try, so that one that cannot succeed does not spin.</summary>
internal static class BackOff
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(5);

    /// <summary>After this many fruitless tries people have to look anyway.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    /// <summary>A flow whose closing would burn its payer's buffer costs him money every second; a top-up ends that, and looking is cheap.</summary>
    private static readonly TimeSpan LongestHeld = TimeSpan.FromSeconds(30);

    /// <param name="fails">Fruitless tries before this one.</param>
    public static TimeSpan After(int fails) => Smaller(TimeSpan.FromTicks(First.Ticks << Math.Clamp(fails, 0, 16)), Longest);

    public static TimeSpan WhileHeld(int fails) => Smaller(After(fails), LongestHeld);

    /// <summary>
    /// After a slot that was executed without the desired effect: at once the first time, since something may just have changed in between and the next
    /// simulation names the culprit.
    /// </summary>
    public static TimeSpan AfterSlot(int fails) => fails == 0 ? TimeSpan.Zero : After(fails - 1);

    private static TimeSpan Smaller(TimeSpan left, TimeSpan right) => left < right ? left : right;
}
