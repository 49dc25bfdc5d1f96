using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Server.Leases.Validation;

namespace Gateway.Server.Leases.Errors;

/// <summary>One field of a request that is wrong.</summary>
/// <param name="Field">Its path in the proto, as in <c>payees[1].share_ppm</c>.</param>
internal sealed record FieldProblem(string Field, string Description);

/// <summary>The request is wrong in itself: no state of the world would make it right.</summary>
internal sealed class InvalidRequestException(IReadOnlyList<FieldProblem> problems) : Exception(TextOf(problems))
{
    /// <summary>Told in the text; the others are counted there, and all are told as violations.</summary>
    private const int MostInText = 3;

    public InvalidRequestException(string field, string description)
        : this([new FieldProblem(field, description)])
    {
    }

    public IReadOnlyList<FieldProblem> Problems { get; } = problems;

    private static string TextOf(IReadOnlyList<FieldProblem> problems)
    {
        var text = string.Join(' ', problems.Take(MostInText).Select(p => $"{p.Field}: {p.Description}"));
        return problems.Count > MostInText ? $"{text} And {problems.Count - MostInText} more." : text;
    }
}

/// <summary>The payer's account cannot carry what is asked for.</summary>
/// <param name="priceField">Where the request said what it costs.</param>
internal sealed class RefusedException(Refusal refusal, string priceField = PriceFields.FlowRate) : Exception(refusal.Detail)
{
    public string PriceField { get; } = priceField;

    public Refusal Refusal { get; } = refusal;
}

/// <summary>A payee to whom no money of ours flows.</summary>
/// <param name="field">That names him; null where our own configuration does.</param>
/// <param name="why">Goes on after his address.</param>
internal sealed class PayeeRejectedException(Address payee, string? field, string why) : Exception($"{payee} {why}")
{
    public FieldProblem? Problem { get; } = field is null ? null : new FieldProblem(field, why);

    public Address Payee { get; } = payee;
}

/// <summary>What the token is worth in dollars is not known, or was known too long ago: nothing is begun, and nothing made dearer, by it.</summary>
internal sealed class PriceStaleException(string why, string dependency) : Exception(why)
{
    /// <summary>As in "prices:ALEPH".</summary>
    public string Dependency { get; } = dependency;
}

internal sealed class LeaseNotFoundException(LeaseId lease) : Exception($"There is no lease {lease}.")
{
    public LeaseId Lease { get; } = lease;
}

/// <summary>There is none of this id, but something flows for leases whose names were lost: to say that there is none could leave it flowing for ever.</summary>
internal sealed class LeaseMayBeLostException(LeaseId lease)
    : Exception($"There is no lease {lease}, but flows are still paid for leases whose names were lost with Redis, and it may be one of them: open it again with its terms, then ask again.")
{
    public LeaseId Lease { get; } = lease;
}

/// <summary>Another request was made under this lease id before.</summary>
internal sealed class LeaseExistsException(LeaseId lease) : Exception($"Lease {lease} was opened by another request.")
{
    public LeaseId Lease { get; } = lease;
}

/// <summary>The lease is ending, or has: it cannot be changed any more.</summary>
internal sealed class LeaseEndedException(Lease lease) : Exception($"Lease {lease.Id} is {lease.State}: it cannot be changed any more.")
{
    public Lease Lease { get; } = lease;
}

/// <summary>The lease is not in the version that the request was made for.</summary>
internal sealed class VersionConflictException(LeaseId lease, ulong required, ulong present)
    : Exception($"Lease {lease} is in version {present}, not {required}: read it, and decide anew.")
{
    public LeaseId Lease { get; } = lease;

    public ulong Required { get; } = required;

    public ulong Present { get; } = present;
}
