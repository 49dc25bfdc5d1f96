using System.Text;
using Gateway.Devnet.World;
using Gateway.Server.Tests.Hosting;
using Grpc.Core;

namespace Gateway.Server.Tests.Accounts.Ledger.Schedules;

/// <summary>A real gateway's services, by gRPC.</summary>
internal sealed class ScheduleCalls(ChannelBase channel)
{
    public SchedulerCalls Leases { get; } = new(channel);

    public OperatorCalls Operations { get; } = new(channel);

    public AccountCalls Accounts { get; } = new(channel);
}

/// <summary>What a schedule is played on: gateways one after another, which die in the middle of what they do, before a chain with the real contracts.</summary>
internal abstract class ScheduleStage(DevnetWorld world, Random dice) : IAsyncDisposable
{
    /// <summary>What a gateway says to a node when it sends a transaction.</summary>
    protected static readonly byte[] Sending = Encoding.UTF8.GetBytes("eth_sendRawTransaction");

    public DevnetWorld World => world;

    public Random Dice => dice;

    /// <summary>Unix milliseconds.</summary>
    public abstract long Now { get; }

    /// <summary>Gateways that were gone without a word.</summary>
    public int Deaths { get; protected set; }

    /// <summary>Of these, with a transaction that was signed and stored, and did not get out.</summary>
    public int DeathsBeforeSending { get; protected set; }

    /// <summary>Of these, with a transaction that got out, which nobody wrote down.</summary>
    public int DeathsAfterSending { get; protected set; }

    /// <summary>What is said waits for no answer before the next thing happens.</summary>
    public virtual bool IsLive => false;

    /// <summary>Another second begins, and with it a block.</summary>
    public abstract Task SecondAsync();

    /// <summary>Some milliseconds later, and not yet in the next second.</summary>
    public virtual void PassWithinSecond()
    {
    }

    /// <summary>As schedulers ask: the same again, until it is answered.</summary>
    public abstract Task<T> AskAsync<T>(Func<ScheduleCalls, Task<T>> ask);

    /// <summary>Asked once. Null: there is no gateway now, or it knows nothing.</summary>
    public virtual async Task<T?> TryAskAsync<T>(Func<ScheduleCalls, Task<T>> ask)
        where T : class => await AskAsync(ask);

    public abstract ValueTask DisposeAsync();
}
