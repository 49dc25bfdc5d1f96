using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Domain.Statements;

namespace Gateway.Server.Storage;

/// <summary>A period of an account that was closed, and what the next one begins with.</summary>
/// <param name="Statement">The proto's JSON form, as it is answered from then on.</param>
/// <param name="Sha256">Of <paramref name="Statement"/>, in lower-case hex.</param>
/// <param name="Carry">By payee: streamed − used of all up to its end.</param>
/// <param name="Readings">Meters as they were stated at its end.</param>
internal sealed record ClosedPeriod(
    string Name,
    BlockTime From,
    BlockTime To,
    DateTimeOffset ClosedAt,
    string Statement,
    string Sha256,
    ImmutableSortedDictionary<Address, TokenAmount> Carry,
    ImmutableSortedDictionary<LeaseId, LeaseReading> Readings);
