using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Server.Storage.Documents;

namespace Gateway.Server.Storage;

/// <summary>A directive's name: the shard of its account, and its number in that shard's log, which rises.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct DirectiveId(int Shard, long Seq)
{
    public static bool TryParse([NotNullWhen(true)] string? text, out DirectiveId id)
    {
        id = default;
        if (text?.Split('-') is not [var shard, var seq]
            || !int.TryParse(shard, NumberStyles.None, CultureInfo.InvariantCulture, out var s) || s >= RedisKeys.Shards
            || !long.TryParse(seq, NumberStyles.None, CultureInfo.InvariantCulture, out var n))
        {
            return false;
        }

        id = new DirectiveId(s, n);
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Shard}-{Seq}");
}

/// <summary>A directive as the log has it.</summary>
/// <param name="Deliveries">How often it was handed over so far.</param>
/// <param name="UnpaidFrom">Act before this, or the VM runs unpaid.</param>
/// <param name="TraceParent">W3C context of what issued it.</param>
internal sealed record StoredDirective(
    DirectiveId Id,
    LeaseId Lease,
    string VmId,
    Execution Execution,
    Reason Reason,
    DateTimeOffset IssuedAt,
    DateTimeOffset? UnpaidFrom,
    Evidence? Evidence,
    string? TraceParent,
    int Deliveries)
{
    public static StoredDirective Read(int shard, string seq, string lease, int deliveries, string json)
    {
        var document = DirectiveDocument.Read(json);
        return new StoredDirective(
            new DirectiveId(shard, long.Parse(seq, NumberStyles.None, CultureInfo.InvariantCulture)),
            LeaseId.Parse(lease),
            document.VmId,
            document.Execution,
            document.Reason,
            document.IssuedAt,
            document.UnpaidFrom,
            document.Evidence?.ToDomain(),
            document.TraceParent,
            deliveries);
    }
}
