namespace Gateway.Server.Storage;

/// <summary>A payee's statement of a period, from when on it was closed for all of his payers.</summary>
/// <param name="Statement">The proto's JSON form, as it is answered from then on.</param>
/// <param name="Sha256">Of <paramref name="Statement"/>, in lower-case hex.</param>
internal sealed record ClosedPayeePeriod(string Name, DateTimeOffset ClosedAt, string Statement, string Sha256);
