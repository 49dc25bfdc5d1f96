using System.Security.Cryptography;
using System.Text;

namespace Gateway.Server.Storage;

/// <summary>One of the Lua scripts in Scripts/, each with its keys, arguments and answers in its head.</summary>
internal sealed class RedisScript
{
    private RedisScript(string name)
    {
        Name = name;
        using var file = typeof(RedisScript).Assembly.GetManifestResourceStream(name + ".lua")
            ?? throw new InvalidOperationException($"The script {name}.lua is not part of this build.");
        using var reader = new StreamReader(file, Encoding.UTF8);
        Text = reader.ReadToEnd();
#pragma warning disable CA5350 // Redis names scripts by SHA-1; nothing is protected by it.
        Sha1 = SHA1.HashData(Encoding.UTF8.GetBytes(Text));
#pragma warning restore CA5350
    }

    public static readonly RedisScript Acknowledge = new("acknowledge");
    public static readonly RedisScript Acquire = new("acquire");
    public static readonly RedisScript Advance = new("advance");
    public static readonly RedisScript Attempt = new("attempt");
    public static readonly RedisScript BackOff = new("back-off");
    public static readonly RedisScript Claim = new("claim");
    public static readonly RedisScript ClaimDue = new("claim-due");
    public static readonly RedisScript ClearMark = new("clear-mark");
    public static readonly RedisScript Close = new("close");
    public static readonly RedisScript ClosePeriod = new("close-period");
    public static readonly RedisScript Commit = new("commit");
    public static readonly RedisScript ContinueGlances = new("continue-glances");
    public static readonly RedisScript ContinueLedgers = new("continue-ledgers");
    public static readonly RedisScript Deliver = new("deliver");
    public static readonly RedisScript DropLeases = new("drop-leases");
    public static readonly RedisScript DropSegments = new("drop-segments");
    public static readonly RedisScript DropUsage = new("drop-usage");
    public static readonly RedisScript ExtendLedger = new("extend-ledger");
    public static readonly RedisScript HighWater = new("high-water");
    public static readonly RedisScript JournalRead = new("journal-read");
    public static readonly RedisScript LimitsLost = new("limits-lost");
    public static readonly RedisScript Mark = new("mark");
    public static readonly RedisScript Observe = new("observe");
    public static readonly RedisScript PendingDirectives = new("pending-directives");
    public static readonly RedisScript Promote = new("promote");
    public static readonly RedisScript PutOff = new("put-off");
    public static readonly RedisScript ReadDirectives = new("read-directives");
    public static readonly RedisScript Release = new("release");
    public static readonly RedisScript Reseed = new("reseed");
    public static readonly RedisScript Reserve = new("reserve");
    public static readonly RedisScript Resign = new("resign");
    public static readonly RedisScript ServerRun = new("server-run");
    public static readonly RedisScript SetBack = new("set-back");
    public static readonly RedisScript SettleEvent = new("settle-event");
    public static readonly RedisScript Shut = new("shut");
    public static readonly RedisScript SpendClaim = new("spend-claim");
    public static readonly RedisScript UnvoidClaim = new("unvoid-claim");
    public static readonly RedisScript VoidClaim = new("void-claim");

    /// <summary>The file's name without ".lua"; also the name in spans.</summary>
    public string Name { get; }

    public string Text { get; }

    public byte[] Sha1 { get; }
}
