using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Leases.Validation;

/// <summary>A question of what a lease would cost, found to be well-formed.</summary>
internal sealed record QuoteOrder(AccountKey Account, FlowRate Rate, ImmutableArray<Payee> Payees)
{
    /// <exception cref="Errors.InvalidRequestException">With every problem of the request.</exception>
    public static QuoteOrder Read(Wire.QuoteLeaseRequest request, LeaseRules rules)
    {
        var fields = new RequestFields(rules.Now);
        var payer = fields.Address("payer", request.Payer);
        var token = fields.Token(request.Token, rules.Tokens);
        var rate = fields.Price(request.Price);
        var payees = PayeeList.Read(fields, request.Payees, payer, rules.DefaultPayees);
        if (fields.HaveProblems || payer is null || token is null || rate is null || payees is null)
            throw fields.ToException();
        return new QuoteOrder(new AccountKey(token.Address, payer), rate.Value, payees.Value);
    }
}
