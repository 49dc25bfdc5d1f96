using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;

namespace Gateway.Domain.Accounts;

/// <summary>How soon settlement must bring a flow to its desired rate: the lower the number, the sooner.</summary>
public enum Urgency
{
    Unspecified = 0,

    /// <summary>Somebody loses money while it waits: an ended or paused VM still pays, an account nears its critical second.</summary>
    StopLoss = 1,
    Open = 2,
    Raise = 3,
    Lower = 4,
    Trim = 5,
}

/// <summary>What the shell must do after a decision, in the order persist → act → acknowledge. Every effect may run twice.</summary>
public abstract record Effect
{
    private Effect()
    {
    }

    /// <summary>Append to the directive log, and tell whoever listens.</summary>
    /// <param name="TraceParent">W3C context that a report on it continues; given by whoever stores it.</param>
    public sealed record IssueDirective(
        LeaseId Lease, string VmId, Execution Execution, Reason Reason, DateTimeOffset? UnpaidFrom, Evidence? Evidence, string? TraceParent = null) : Effect;

    /// <summary>The flow's desired rate changed: settlement must look at it.</summary>
    public sealed record MarkFlow(FlowKey Flow, FlowRate Desired, ulong Generation, Urgency Urgency, string? TraceParent) : Effect;

    /// <summary>Tell whoever looks after the account: metric, log, webhook.</summary>
    public sealed record Warn(AccountWarning Warning) : Effect;

    /// <summary>Use left the lease's meter: it can no longer change, and is kept in its log of usage.</summary>
    public sealed record RecordUse(LeaseId Lease, UsageRecord Record) : Effect;

    /// <summary>One line of the lease's history.</summary>
    public sealed record Note(LeaseId Lease, NoteKind Kind, string Summary, Evidence? Evidence) : Effect;
}

/// <summary>Kinds of history entries; the wire has them in lower case.</summary>
public enum NoteKind
{
    Unspecified = 0,
    Request = 1,
    Observation = 2,
    Decision = 3,
    Transaction = 4,
    Directive = 5,
    Report = 6,
}

/// <summary>A decision: the book as it should be stored, and what follows from it.</summary>
public sealed record Decision(AccountBook Book, IReadOnlyList<Effect> Effects);
