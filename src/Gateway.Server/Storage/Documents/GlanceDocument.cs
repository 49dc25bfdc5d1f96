using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Server.Storage.Documents;

/// <summary>How an account looks while nothing about it is in doubt.</summary>
/// <param name="At">Seconds since 1970, like <paramref name="Changed"/>.</param>
/// <param name="Grant">Three bits: create 1, update 2, delete 4.</param>
/// <param name="FullAt">Milliseconds since 1970.</param>
internal sealed record GlanceDocument(
    int V, ulong Block, ulong At, string Available, string Buffer, string NetRate, ulong Changed, int Grant, string Allowance, long FullAt) : IStoredDocument
{
    private const int Create = 1;
    private const int Update = 2;
    private const int Delete = 4;

    public static string Write(QuietAccount quiet)
    {
        var seen = quiet.Seen;
        var bits = (seen.Grant.CanCreate ? Create : 0) | (seen.Grant.CanUpdate ? Update : 0) | (seen.Grant.CanDelete ? Delete : 0);
        return StoredDocuments.Write(
            new GlanceDocument(
                1,
                seen.Block.Value,
                seen.At.UnixSeconds,
                seen.AvailableBalance.ToDecimal(),
                seen.BufferDeposit.ToDecimal(),
                seen.NetFlowRate.ToDecimal(),
                seen.LastChanged.UnixSeconds,
                bits,
                seen.Grant.Allowance.ToDecimal(),
                quiet.FullLookAt.ToUnixTimeMilliseconds()),
            StoredDocuments.Default.GlanceDocument);
    }

    /// <summary>Null: it cannot be read, and so says nothing of its account. The next look at that writes another one, or none.</summary>
    public static QuietAccount? TryRead(string json)
    {
        try
        {
            return Read(json);
        }
        catch (StoredFormException)
        {
            return null;
        }
    }

    /// <exception cref="StoredFormException">Not a glance.</exception>
    public static QuietAccount Read(string json)
    {
        var d = StoredDocuments.Read(json, StoredDocuments.Default.GlanceDocument);
        return new QuietAccount(
            new AccountGlance(
                new BlockNumber(d.Block),
                new BlockTime(d.At),
                TokenAmount.Parse(d.Available),
                TokenAmount.Parse(d.Buffer),
                NetFlowRate.Parse(d.NetRate),
                new BlockTime(d.Changed),
                new OperatorGrant((d.Grant & Create) != 0, (d.Grant & Update) != 0, (d.Grant & Delete) != 0, FlowRate.Parse(d.Allowance))),
            DateTimeOffset.FromUnixTimeMilliseconds(d.FullAt));
    }
}
