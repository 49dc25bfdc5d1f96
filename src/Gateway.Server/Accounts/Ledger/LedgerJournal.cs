using Gateway.Domain.Identity;

namespace Gateway.Server.Accounts.Ledger;

/// <summary>What must be loud about ledgers, in log and metric.</summary>
internal sealed partial class LedgerJournal(LedgerMetrics metrics, ILogger<LedgerJournal> logger)
{
    public void Mismatched(AccountKey account, string difference)
    {
        metrics.Mismatched();
        LogMismatched(account, difference);
    }

    public void SetBack(AccountKey account, BlockNumber through) => LogSetBack(account, through);

    public void Failed(AccountKey account, Exception why) => LogFailed(why, account);

    [LoggerMessage(EventId = 7301, Level = LogLevel.Error, Message = "The flow ledger of {Account} differs from the chain: {Difference}")]
    private partial void LogMismatched(AccountKey account, string difference);

    [LoggerMessage(EventId = 7302, Level = LogLevel.Warning, Message = "The flow ledger of {Account} goes through block {Through}, which the chain no longer has: it is made anew")]
    private partial void LogSetBack(AccountKey account, BlockNumber through);

    [LoggerMessage(EventId = 7303, Level = LogLevel.Warning, Message = "The flow ledger of {Account} could not be moved on; it is tried again")]
    private partial void LogFailed(Exception exception, AccountKey account);
}
