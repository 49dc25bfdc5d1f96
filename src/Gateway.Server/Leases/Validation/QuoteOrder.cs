using Gateway.Domain.Identity;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Leases.Validation;

/// <summary>A question of what a lease would cost, found to be well-formed.</summary>
internal sealed record QuoteOrder(AccountKey Account, LeaseTerms Terms)
{
    /// <exception cref="Errors.InvalidRequestException">With every problem of the request.</exception>
    public static QuoteOrder Read(Wire.QuoteLeaseRequest request, LeaseRules rules)
    {
        var fields = new RequestFields(rules.Now);
        var payer = fields.Address("payer", request.Payer);
        var token = fields.Token(request.Token, rules.Tokens);
        var price = PriceAsk.Read(fields, request.Price);
        var payees = PayeesAsk.Read(fields, request.Payees, request.Node, payer);
        if (payer is null || token is null || price is null)
            throw fields.ToException();
        var terms = new TermsAsk(payer, token.Address, price, PausedRate: null, payees).Settle(fields, rules);
        return terms is null ? throw fields.ToException() : new QuoteOrder(new AccountKey(token.Address, payer), terms);
    }
}
