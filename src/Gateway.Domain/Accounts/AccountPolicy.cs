namespace Gateway.Domain.Accounts;

/// <summary>How early to act. Per token and payer, from configuration.</summary>
/// <param name="PauseMargin">A VM is paused when its account would be critical within this time.</param>
/// <param name="ResumeHysteresis">How much more than the margin a resumed lease must leave, or it would flap.</param>
/// <param name="SettlementPatience">How long a VM may run at a price that we have not brought on chain yet.</param>
public sealed record AccountPolicy(TimeSpan PauseMargin, TimeSpan ResumeHysteresis, TimeSpan SettlementPatience)
{
    public static readonly AccountPolicy Default = new(TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(2));

    public ulong PauseMarginSeconds => checked((ulong)PauseMargin.TotalSeconds);

    public ulong ResumeMarginSeconds => checked((ulong)(PauseMargin + ResumeHysteresis).TotalSeconds);
}
