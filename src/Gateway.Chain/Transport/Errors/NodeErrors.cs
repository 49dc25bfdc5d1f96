namespace Gateway.Chain.Transport;

/// <summary>What an error text of a node means. Numbers are not stored anywhere.</summary>
public enum NodeError
{
    /// <summary>A text that is not in the table: it proves nothing.</summary>
    Unspecified = 0,

    /// <summary>In this node's pool already: of a broadcast, success.</summary>
    AlreadyKnown,

    /// <summary>Some transaction of this nonce, ours or foreign, is in this pool and pays more than this one by less than 10 %.</summary>
    ReplacementUnderpriced,

    /// <summary>The nonce is consumed, or this node is ahead of the one asked before.</summary>
    NonceTooLow,

    /// <summary>A gap before this nonce: ours never has one.</summary>
    NonceTooHigh,

    /// <summary>This node's pool does not want it at this price.</summary>
    Underpriced,

    /// <summary>This node's pool is full, for all or for this account.</summary>
    PoolFull,

    /// <summary>A queued transaction may not replace an executable one: this node sees a gap.</summary>
    FutureReplacesPending,

    /// <summary>Not enough native coin for all that is pending, as this pool adds it up.</summary>
    InsufficientFunds,

    /// <summary>The fee cap is below the present base fee.</summary>
    FeeBelowBaseFee,

    /// <summary>No node would ever take these bytes: they were built wrongly.</summary>
    InvalidTransaction,

    /// <summary>The simulated call reverts.</summary>
    Reverted,

    /// <summary>The simulated call needs more gas than it may have.</summary>
    OutOfGas,

    /// <summary>This node has not got that block or its state (yet, or any more).</summary>
    BlockUnavailable,

    /// <summary>The range holds too much for this node: ask for less.</summary>
    RangeTooLarge,

    /// <summary>Too many requests.</summary>
    RateLimited,

    /// <summary>The node gave up on it: load, its own timeout, an internal error.</summary>
    Busy,

    /// <summary>This node does not offer the method.</summary>
    MethodNotFound,

    /// <summary>The request is not understood as we wrote it.</summary>
    InvalidRequest,
}

/// <summary>The one place where texts and codes of nodes are matched.</summary>
/// <remarks>
/// Order matters: the first line whose text occurs in the message wins, so the longer text stands first ("replacement transaction underpriced" contains
/// "transaction underpriced"). Texts are compared without case: nodes of other makes differ in it. Sources: GETH go-ethereum v1.13 and later (coreth and
/// libevm keep its texts), AVA avalanchego, ANVIL foundry crates/anvil, SPEC the JSON-RPC 2.0 specification, EIP1474.
/// </remarks>
public static class NodeErrors
{
    private static readonly (string Text, NodeError Error, string Source)[] Texts =
    [
        ("already known", NodeError.AlreadyKnown, "GETH core/txpool/errors.go ErrAlreadyKnown"),
        ("transaction already imported", NodeError.AlreadyKnown, "ANVIL src/eth/error.rs PoolError::AlreadyImported"),
        ("replacement transaction underpriced", NodeError.ReplacementUnderpriced, "GETH core/txpool/errors.go ErrReplaceUnderpriced; ANVIL src/eth/error.rs"),
        ("future transaction tries to replace pending", NodeError.FutureReplacesPending, "GETH core/txpool/errors.go ErrFutureReplacePending"),
        ("transaction gas price below minimum", NodeError.Underpriced, "GETH core/txpool/errors.go ErrTxGasPriceTooLow"),
        ("transaction underpriced", NodeError.Underpriced, "GETH core/txpool/errors.go ErrUnderpriced"),
        ("txpool is full", NodeError.PoolFull, "GETH core/txpool/legacypool/legacypool.go ErrTxPoolOverflow"),
        ("account limit exceeded", NodeError.PoolFull, "GETH core/txpool/errors.go ErrAccountLimitExceeded"),
        ("nonce too low", NodeError.NonceTooLow, "GETH core/error.go ErrNonceTooLow; ANVIL src/eth/error.rs"),
        ("nonce too high", NodeError.NonceTooHigh, "GETH core/error.go ErrNonceTooHigh"),
        ("insufficient funds", NodeError.InsufficientFunds, "GETH core/error.go ErrInsufficientFunds; ANVIL src/eth/error.rs"),
        ("max fee per gas less than block base fee", NodeError.FeeBelowBaseFee, "GETH core/error.go ErrFeeCapTooLow; ANVIL src/eth/error.rs"),
        ("exceeds the configured cap", NodeError.InvalidTransaction, "GETH internal/ethapi/api.go checkTxFee"),
        ("exceeds block gas limit", NodeError.InvalidTransaction, "GETH core/txpool/errors.go ErrGasLimit"),
        ("intrinsic gas too low", NodeError.InvalidTransaction, "GETH core/error.go ErrIntrinsicGas; ANVIL src/eth/error.rs"),
        ("invalid sender", NodeError.InvalidTransaction, "GETH core/txpool/errors.go ErrInvalidSender"),
        ("oversized data", NodeError.InvalidTransaction, "GETH core/txpool/errors.go ErrOversizedData"),
        ("negative value", NodeError.InvalidTransaction, "GETH core/txpool/errors.go ErrNegativeValue"),
        ("max priority fee per gas higher than max fee per gas", NodeError.InvalidTransaction, "GETH core/error.go ErrTipAboveFeeCap"),
        ("transaction type not supported", NodeError.InvalidTransaction, "GETH core/types/transaction.go ErrTxTypeNotSupported"),
        ("invalid chain id for signer", NodeError.InvalidTransaction, "GETH core/types/transaction_signing.go ErrInvalidChainId"),
        ("gas required exceeds allowance", NodeError.OutOfGas, "GETH eth/gasestimator/gasestimator.go"),
        ("out of gas", NodeError.OutOfGas, "GETH core/vm/errors.go ErrOutOfGas; ANVIL src/eth/error.rs"),
        ("execution reverted", NodeError.Reverted, "GETH core/vm/errors.go ErrExecutionReverted; ANVIL src/eth/error.rs"),
        ("header not found", NodeError.BlockUnavailable, "GETH rpc handlers, state of an unknown block"),
        ("block not found", NodeError.BlockUnavailable, "GETH eth/api_backend.go; ANVIL src/eth/error.rs BlockNotFound"),
        ("unknown block", NodeError.BlockUnavailable, "GETH eth/filters/api.go errUnknownBlock"),
        ("missing trie node", NodeError.BlockUnavailable, "GETH trie/errors.go: pruned state"),
        ("cannot query unfinalized data", NodeError.BlockUnavailable, "AVA coreth eth/api_backend.go ErrUnfinalizedData"),
        ("after last accepted block", NodeError.BlockUnavailable, "AVA coreth eth/filters/filter.go"),
        ("not accepted yet", NodeError.BlockUnavailable, "AVA vms/saevm blocks/access.go"),
        ("BlockOutOfRangeError", NodeError.BlockUnavailable, "ANVIL src/eth/error.rs BlockchainError::BlockOutOfRange"),
        ("block range", NodeError.RangeTooLarge, "providers' getLogs limits: \"block range too large\", \"exceed maximum block range\""),
        ("query returned more than", NodeError.RangeTooLarge, "providers' getLogs limits"),
        ("batch too large", NodeError.RangeTooLarge, "GETH rpc/handler.go errMsgBatchTooLarge"),
        ("response too large", NodeError.RangeTooLarge, "GETH rpc/errors.go errMsgResponseTooLarge"),
        ("rate limit", NodeError.RateLimited, "EIP1474 -32005 and providers' texts"),
        ("too many requests", NodeError.RateLimited, "providers' texts"),
        ("request timed out", NodeError.Busy, "GETH rpc/errors.go errMsgTimeout"),
        ("context deadline exceeded", NodeError.Busy, "Go context, passed through by GETH"),
        ("context canceled", NodeError.Busy, "Go context, passed through by GETH"),
    ];

    // SPEC §5.1 and EIP1474 §Error codes. Looked at only where the text says nothing.
    private static readonly (long Code, NodeError Error)[] Codes =
    [
        (3, NodeError.Reverted),
        (-32601, NodeError.MethodNotFound),
        (-32700, NodeError.InvalidRequest),
        (-32600, NodeError.InvalidRequest),
        (-32602, NodeError.InvalidRequest),
        (-32603, NodeError.Busy),
        (-32002, NodeError.Busy),
        (-32005, NodeError.RateLimited),
    ];

    /// <summary>What this error means.</summary>
    /// <returns><see cref="NodeError.Unspecified"/> for one that is not in the table.</returns>
    public static NodeError Classify(long code, string message)
    {
        foreach (var (text, error, _) in Texts)
        {
            if (message.Contains(text, StringComparison.OrdinalIgnoreCase))
                return error;
        }

        foreach (var (known, error) in Codes)
        {
            if (known == code)
                return error;
        }

        return NodeError.Unspecified;
    }
}
