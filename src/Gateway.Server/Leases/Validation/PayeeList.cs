using System.Collections.Immutable;
using System.Globalization;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Server.Configuration;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Leases.Validation;

/// <summary>Whom a lease pays by its request, and whom by configuration where nothing else says it.</summary>
internal static class PayeeList
{
    private const string Field = "payees";

    /// <param name="defaults">Validated at start.</param>
    public static ImmutableArray<Payee> Defaults(GatewayOptions defaults) =>
        [.. defaults.DefaultPayees.Select(p => new Payee(Address.Parse(p.Address), SharePpm.FromPpm(p.SharePpm), p.Role))];

    /// <returns>Null where there is a problem.</returns>
    public static ImmutableArray<Payee>? Read(RequestFields fields, IReadOnlyList<Wire.Payee> payees, Address? payer)
    {
        if (payees.Count > RequestLimits.Payees)
        {
            fields.Add(Field, $"has {payees.Count} payees, of at most {RequestLimits.Payees}.");
            return null;
        }

        var read = payees.Select((p, i) => ReadOne(fields, p, string.Create(CultureInfo.InvariantCulture, $"{Field}[{i}]"), payer)).ToList();
        CheckTogether(fields, payees, read);
        return fields.HaveProblems ? null : [.. read.OfType<Payee>()];
    }

    private static Payee? ReadOne(RequestFields fields, Wire.Payee payee, string field, Address? payer)
    {
        var address = fields.Address($"{field}.address", payee.Address);
        if (address is not null && address == payer)
            fields.Add($"{field}.address", "is the payer: nobody can pay himself.");
        if (payee.SharePpm is 0 or > SharePpm.Whole)
            fields.Add($"{field}.share_ppm", $"{payee.SharePpm} is outside 1 to {SharePpm.Whole}.");
        var role = fields.Text($"{field}.role", payee.Role, RequestLimits.Role, required: false);
        return address is null || role is null || payee.SharePpm is 0 or > SharePpm.Whole ? null : new Payee(address, SharePpm.FromPpm(payee.SharePpm), role);
    }

    private static void CheckTogether(RequestFields fields, IReadOnlyList<Wire.Payee> payees, List<Payee?> read)
    {
        var sum = payees.Sum(p => (long)p.SharePpm);
        if (sum != SharePpm.Whole)
            fields.Add(Field, $"the shares add up to {sum} ppm, not to {SharePpm.Whole}.");
        var seen = new HashSet<Address>();
        for (var i = 0; i < read.Count; i++)
        {
            if (read[i] is { } payee && !seen.Add(payee.Address))
                fields.Add(string.Create(CultureInfo.InvariantCulture, $"{Field}[{i}].address"), "is named twice.");
        }
    }
}
