using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Gateway.Domain.Identity;
using StackExchange.Redis;

namespace Gateway.Server.Storage;

/// <summary>Every key and channel there is. What changes together has one hash tag, so that it lies in one slot of a cluster; README.md says what each holds.</summary>
internal static class RedisKeys
{
    /// <summary>Parts into which accounts are spread. Fixed for ever: another number would look for every account in another place.</summary>
    public const int Shards = 64;

    /// <summary>Says that leases changed: "account lease lease …".</summary>
    public static readonly RedisChannel LeaseChanges = RedisChannel.Literal("gateway:lease-changes");

    /// <summary>Says that a shard's directive log grew: the shard.</summary>
    public static readonly RedisChannel DirectiveIssues = RedisChannel.Literal("gateway:directive-issues");

    /// <summary>Accounts of all shards: asked about by whoever knows a lease, and not its account.</summary>
    public static readonly RedisKey Unclaimed = "{u}:unclaimed";

    /// <summary>The last payee directory that was good.</summary>
    public static readonly RedisKey PayeeDirectory = "{u}:payee-directory";

    /// <summary>What each version of the price list ever meant.</summary>
    public static readonly RedisKey PriceLists = "{u}:price-lists";

    /// <summary>When somebody last looked at what tokens are worth, for all replicas.</summary>
    public static readonly RedisKey WorthsBelieved = "{u}:worths-believed";

    public static AccountKeys Of(AccountKey account) => new(account);

    public static ShardKeys OfShard(int shard) => new(shard);

    /// <summary>Who owns a lease id. Of itself alone: the id says nothing about the account, so it cannot lie beside it.</summary>
    public static RedisKey LeaseIndex(LeaseId lease) => $"{{i:{lease}}}";

    /// <summary>Payers of a payee. Of itself alone, like a lease id: their accounts lie in many shards.</summary>
    public static RedisKey PayersOf(Address superToken, Address payee) => $"{{p:{superToken}:{payee}}}";

    /// <summary>What was closed of a payee, beside his payers.</summary>
    public static RedisKey PeriodsOf(Address superToken, Address payee) => $"{{p:{superToken}:{payee}}}:periods";

    /// <summary>First bytes of SHA-256("token:payer"), modulo the shards.</summary>
    public static int ShardOf(AccountKey account)
    {
        var digest = SHA256.HashData(Encoding.ASCII.GetBytes(account.ToString()));
        return ((digest[0] << 8) | digest[1]) % Shards;
    }
}

/// <summary>Keys of one account shard.</summary>
internal readonly struct ShardKeys(int shard)
{
    private readonly string _tag = string.Create(CultureInfo.InvariantCulture, $"{{a:{shard:00}}}");

    public RedisKey Open => _tag + ":open";

    public RedisKey Ended => _tag + ":ended";

    public RedisKey Deadlines => _tag + ":deadlines";

    public RedisKey Glances => _tag + ":glances";

    public RedisKey Dirty => _tag + ":dirty";

    public RedisKey Log => _tag + ":log";

    public RedisKey Seq => _tag + ":seq";

    public RedisKey Directives => _tag + ":directives";

    public RedisKey Deliveries => _tag + ":deliveries";

    public RedisKey Pending => _tag + ":pending";

    public RedisKey Outbox => _tag + ":outbox";

    public RedisKey Events => _tag + ":events";

    public RedisKey Account(AccountKey account) => $"{_tag}:account:{account}";

    public RedisKey EndedOf(AccountKey account) => $"{_tag}:ended:{account}";

    public RedisKey EndedLease(LeaseId lease) => $"{_tag}:lease:{lease}";

    public RedisKey History(LeaseId lease) => $"{_tag}:history:{lease}";

    public RedisKey Usage(LeaseId lease) => $"{_tag}:use:{lease}";

    public RedisKey Void(LeaseId lease) => $"{_tag}:void:{lease}";

    public RedisKey Journal => _tag + ":journal";

    public RedisKey Ledgers => _tag + ":ledgers";

    public RedisKey Ledger(AccountKey account) => $"{_tag}:ledger:{account}";

    public RedisKey Segments(AccountKey account) => $"{_tag}:segments:{account}";

    public RedisKey ClosedAt(AccountKey account) => $"{_tag}:closed:{account}";

    public RedisKey Dropped(AccountKey account) => $"{_tag}:dropped:{account}";

    public RedisKey Periods(AccountKey account) => $"{_tag}:periods:{account}";
}

/// <summary>Keys of one account in its shard.</summary>
internal readonly struct AccountKeys(AccountKey account)
{
    public int Shard { get; } = RedisKeys.ShardOf(account);

    public ShardKeys InShard => new(Shard);

    public RedisKey Account => InShard.Account(account);

    public RedisKey Ended => InShard.EndedOf(account);

    public RedisKey Ledger => InShard.Ledger(account);

    public RedisKey Segments => InShard.Segments(account);

    public RedisKey ClosedAt => InShard.ClosedAt(account);

    public RedisKey Dropped => InShard.Dropped(account);

    public RedisKey Periods => InShard.Periods(account);
}

/// <summary>Keys of one lane: one operator on one chain.</summary>
internal readonly struct LaneKeys(ChainId chain, Address @operator)
{
    private readonly string _tag = $"{{l:{chain}:{@operator}}}";

    public RedisKey Leader => _tag + ":leader";

    public RedisKey Epoch => _tag + ":epoch";

    public RedisKey Slots => _tag + ":slots";

    public RedisKey Hash => _tag + ":hash";

    public RedisKey Hashes => _tag + ":hashes";

    public RedisKey Dirty => _tag + ":dirty";

    public RedisKey Ready => _tag + ":ready";

    public RedisKey Budget => _tag + ":budget";

    public RedisKey Limits => _tag + ":limits";

    public RedisKey Outlook => _tag + ":outlook";

    public RedisKey Log => _tag + ":log";

    public RedisKey Seq => _tag + ":seq";

    public RedisKey HighWater => _tag + ":hwm";

    public RedisKey Slot(Nonce nonce) => $"{_tag}:slot:{nonce}";

    public RedisKey Attempts(Nonce nonce) => $"{_tag}:att:{nonce}";

    public RedisKey Flow(FlowKey flow) => FlowPrefix + flow;

    /// <summary>The flow of a key made by <see cref="Flow"/>: sets of flows hold their keys.</summary>
    public FlowKey FlowOf(string key) => Stored.Flow(key[FlowPrefix.Length..]);

    private string FlowPrefix => _tag + ":flow:";
}

/// <summary>Keys of the watcher of one chain.</summary>
internal readonly struct WatcherKeys(ChainId chain)
{
    private readonly string _tag = $"{{w:{chain}}}";

    public RedisKey Cursor => _tag + ":cursor";

    public RedisKey Headers => _tag + ":headers";

    public RedisKey Rescan => _tag + ":rescan";

    public RedisKey Pooled => _tag + ":pooled";
}
