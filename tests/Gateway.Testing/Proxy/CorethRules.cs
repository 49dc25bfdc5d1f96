namespace Gateway.Testing.Proxy;

/// <summary>How Avalanche's C-chain differs from a local node, in numbers and words (chain-and-transactions.md §0.3). Each has its source.</summary>
/// <remarks>Paths are of github.com/ava-labs/avalanchego at commit 1cf1fc3.</remarks>
internal sealed record CorethRules
{
    private const string Pool = "graft/coreth/core/txpool/legacypool/";
    private const string PoolErrors = "graft/coreth/core/txpool/errors.go";
    private const string CoreErrors = "graft/coreth/core/error.go";

    public static readonly CorethText AlreadyKnown = new("already known", PoolErrors + ":35");
    public static readonly CorethText ReplacementUnderpriced = new("replacement transaction underpriced", PoolErrors + ":46");
    public static readonly CorethText NonceTooLow = new("nonce too low: next nonce {0}, tx nonce {1}", "graft/coreth/core/txpool/validation.go:239");
    public static readonly CorethText InsufficientFunds = new("insufficient funds for gas * price + value", CoreErrors + ":79");
    public static readonly CorethText MethodNotFound = new("the method {0} does not exist/is not available", "graft/evm/rpc/errors.go:92");
    public static readonly CorethText LogsFromBeyond = new("requested from block {0} after last accepted block {1}", "graft/coreth/eth/filters/filter.go:129");
    public static readonly CorethText LogsToBeyond = new("requested to block {0} after last accepted block {1}", "graft/coreth/eth/filters/filter.go:132");
    public static readonly CorethText Unfinalized = new("cannot query unfinalized data", "graft/coreth/eth/api_backend.go:56");
    public static readonly CorethText NotAccepted = new("block not found: not accepted yet: block {0}", "vms/saevm/blocks/access.go:81, 86");

    /// <summary>A server's error without a number of its own: graft/evm/rpc/errors.go, defaultErrorCode.</summary>
    public const long DefaultCode = -32000;

    /// <summary>graft/evm/rpc/errors.go, methodNotFoundError.</summary>
    public const long MethodNotFoundCode = -32601;

    /// <summary>What a local node says, and what coreth says instead.</summary>
    public static readonly (string Local, CorethText Text)[] Translations =
    [
        ("transaction already imported", AlreadyKnown),
        ("replacement transaction underpriced", ReplacementUnderpriced),
        ("insufficient funds", InsufficientFunds),
    ];

    /// <summary>Percent that both fees of a replacement must rise by, each rounded down; and both must rise. Source: <see cref="PriceBumpSource"/>.</summary>
    public int PriceBump { get; init; } = 10;

    public const string PriceBumpSource = Pool + "legacypool.go:174, list.go:314-336";

    /// <summary>Transactions of one sender that wait for a nonce before them; those with the highest nonces go first. Source: <see cref="AccountQueueSource"/>.</summary>
    public int AccountQueue { get; init; } = 64;

    public const string AccountQueueSource = Pool + "legacypool.go:178, 1566-1571";

    /// <summary>How long they wait. Source: <see cref="LifetimeSource"/>; SAE has three hours.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromMinutes(10);

    public const string LifetimeSource = Pool + "legacypool.go:181, 415";

    /// <summary>
    /// A transaction below the base fee is accepted and waits: graft/coreth/core/txpool/validation.go:133, 232-234 compare the tip, and the fee cap with the
    /// pool's own minimum of 1 wei, never with the base fee.
    /// </summary>
    public bool HoldsBelowBaseFee { get; init; } = true;

    /// <summary>txpool_* are off: graft/coreth/plugin/evm/config/config.md:54 (internal-tx-pool, default false).</summary>
    public bool HasPoolMethods { get; init; }

    /// <summary>Blocks between the last executed and the last settled one, which "safe" and "finalized" name: vms/saevm/blocks/access.go:102-103.</summary>
    public ulong SettledBehind { get; init; } = 5;
}

/// <summary>One of coreth's texts.</summary>
/// <param name="Source">Where it stands.</param>
internal sealed record CorethText(string Format, string Source)
{
    public Reply.Error ToReply(params object[] arguments) => new(CorethRules.DefaultCode, string.Format(System.Globalization.CultureInfo.InvariantCulture, Format, arguments));
}
