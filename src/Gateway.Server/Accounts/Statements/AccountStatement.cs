using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Domain.Statements;

namespace Gateway.Server.Accounts.Statements;

/// <summary>An account over a period: what its VMs used, what flowed to those who ran them.</summary>
/// <param name="Leases">Those that lived in the period, and those of which something was reported late.</param>
/// <param name="Payees">Everybody whom a lease of the account ever paid.</param>
internal sealed record AccountStatement(
    AccountTarget Target, Account Account, BlockTime From, BlockTime To, ImmutableArray<LeaseUse> Leases, StatementFlows Flows, ImmutableArray<PayeeSums> Payees)
{
    /// <summary>Readings at the end of every lease that the next period begins with.</summary>
    public required ImmutableSortedDictionary<LeaseId, LeaseReading> Readings { get; init; }

    public TokenAmount Used => Sum(p => p.Used);

    public TokenAmount Streamed => Sum(p => p.Streamed);

    /// <summary>Streamed and not used (yet), or, below zero, used and not streamed.</summary>
    public TokenAmount Carried => Streamed - Used;

    /// <summary>The same of all that was before.</summary>
    public TokenAmount OpeningCarry => Sum(p => p.Opening);

    public TokenAmount ClosingCarry => OpeningCarry + Carried;

    /// <summary>Nothing ran, nothing flowed, no buffer moved.</summary>
    public bool IsNothing => Flows.Stretches.IsEmpty && Flows.Buffers.IsEmpty && Leases.All(l => l.IsNothing && l.Lease.IsEnded);

    private TokenAmount Sum(Func<PayeeSums, TokenAmount> part) => Payees.Aggregate(TokenAmount.Zero, (sum, payee) => sum + part(payee));
}

/// <summary>One payee of an account, in wei.</summary>
/// <param name="Opening">Streamed − used of all that was before the period.</param>
internal sealed record PayeeSums(Address Payee, TokenAmount Opening, TokenAmount Streamed, TokenAmount Used)
{
    public TokenAmount Closing => Opening + Streamed - Used;
}

/// <summary>What flowed to those whom an account's leases pay.</summary>
/// <param name="Held">Buffers that were locked up at the end.</param>
/// <param name="Through">Every change up to this block is known; null: there is nobody to be paid.</param>
internal sealed record StatementFlows(
    ImmutableArray<FlowStretch> Stretches, ImmutableArray<BufferEntry> Buffers, TokenAmount Held, BlockNumber? Through, bool IsVerified, string? Mismatch)
{
    public static readonly StatementFlows None = new([], [], TokenAmount.Zero, Through: null, IsVerified: true, Mismatch: null);
}
