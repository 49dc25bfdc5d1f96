using System.Collections.Immutable;
using System.Globalization;
using Gateway.Domain.Leases;
using Gateway.Server.Storage;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Leases.Validation;

/// <summary>Which leases are asked for, found to be well-formed.</summary>
/// <param name="PageToken">Null: the first page.</param>
internal sealed record ListOrder(LeaseFilter Filter, int PageSize, string? PageToken)
{
    /// <exception cref="Errors.InvalidRequestException">With every problem of the request.</exception>
    public static ListOrder Read(Wire.ListLeasesRequest request, LeaseRules rules)
    {
        var fields = new RequestFields(rules.Now);
        var filter = new LeaseFilter
        {
            Payer = request.Payer.Length == 0 ? null : fields.Address("payer", request.Payer),
            SuperToken = request.Token.Length == 0 ? null : fields.Token(request.Token, rules.Tokens)?.Address,
            Payee = request.Payee.Length == 0 ? null : fields.Address("payee", request.Payee),
            States = [.. States(fields, request.States)],
            Labels = fields.Labels(request.Labels).ToImmutableDictionary(StringComparer.Ordinal),
        };
        var pageSize = fields.PageSize("page_size", request.PageSize);
        var pageToken = PageTokenOf(fields, request.PageToken);
        fields.ThrowIfAny();
        return new ListOrder(filter, pageSize, pageToken);
    }

    public static string? PageTokenOf(RequestFields fields, string token)
    {
        if (token.Length == 0)
            return null;
        if (token.Length > RequestLimits.Token || !LeaseListing.IsPageToken(token))
            fields.Add("page_token", "is not one of ours: take next_page_token of the page before.");
        return token;
    }

    private static IEnumerable<LeaseState> States(RequestFields fields, IEnumerable<Wire.LeaseState> states)
    {
        var i = 0;
        foreach (var state in states)
        {
            if (fields.Enum(string.Create(CultureInfo.InvariantCulture, $"states[{i++}]"), state))
                yield return (LeaseState)(int)state;
        }
    }
}
