using Gateway.Chain.Superfluid;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Domain.Statements;
using Gateway.Server.Chains;
using Gateway.Server.Leases.Errors;
using Gateway.Server.Leases.Validation;
using Google.Protobuf.WellKnownTypes;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Accounts;

/// <summary>What the payer wants of the operator's permissions.</summary>
internal sealed record AuthorizationWish(AccountTarget Target, OperatorGrant Grant);

/// <summary>How much more the payer wants on his account: an amount, or enough for so many seconds.</summary>
internal sealed record TopUpWish(AccountTarget Target, TokenAmount? Amount, ulong? RunwaySeconds, bool Authorize);

/// <summary>A period of an account; without a border as far as there is anything.</summary>
internal sealed record StatementWish(AccountTarget Target, BlockTime? From, BlockTime? To);

/// <summary>The same of a payee.</summary>
internal sealed record PayeeWish(TokenFacts Token, Address Payee, BlockTime? From, BlockTime? To);

/// <summary>Reads requests about accounts. All of them throw <see cref="InvalidRequestException"/>, or <see cref="ChainUnverifiedException"/> while no token is known.</summary>
internal sealed class AccountRequests(ChainDirectory directory, TimeProvider time)
{
    public AccountTarget Account(string token, string payer)
    {
        var fields = new RequestFields(time.GetUtcNow());
        return Account(token, payer, fields) ?? throw fields.ToException();
    }

    public AuthorizationWish Authorization(Wire.PrepareAuthorizationRequest request)
    {
        var fields = new RequestFields(time.GetUtcNow());
        var target = Account(request.Token, request.Payer, fields);
        var grant = Grant(request, fields);
        return target is null || grant is null ? throw fields.ToException() : new AuthorizationWish(target, grant);
    }

    public TopUpWish TopUp(Wire.PrepareTopUpRequest request)
    {
        var fields = new RequestFields(time.GetUtcNow());
        var target = Account(request.Token, request.Payer, fields);
        TokenAmount? amount = null;
        ulong? seconds = null;
        if (request.AmountCase == Wire.PrepareTopUpRequest.AmountOneofCase.SuperTokenAmount)
            amount = fields.SuperTokenAmount("super_token_amount", request.SuperTokenAmount);
        else if (request.AmountCase == Wire.PrepareTopUpRequest.AmountOneofCase.TargetRunway)
            seconds = fields.Seconds("target_runway", request.TargetRunway);
        else
            fields.Add("amount", "super_token_amount or target_runway is required.");
        return target is null || fields.HaveProblems ? throw fields.ToException() : new TopUpWish(target, amount, seconds, request.Authorize);
    }

    public StatementWish Statement(Wire.GetStatementRequest request)
    {
        var fields = new RequestFields(time.GetUtcNow());
        var target = Account(request.Token, request.Payer, fields);
        var (from, to) = Borders(request.From, request.To, request.Period, fields);
        return target is null || fields.HaveProblems ? throw fields.ToException() : new StatementWish(target, from, to);
    }

    public PayeeWish PayeeStatement(Wire.GetPayeeStatementRequest request)
    {
        var fields = new RequestFields(time.GetUtcNow());
        var token = Token(request.Token, fields);
        var payee = fields.Address("payee", request.Payee);
        var (from, to) = Borders(request.From, request.To, request.Period, fields);
        return token is null || payee is null || fields.HaveProblems ? throw fields.ToException() : new PayeeWish(token, payee, from, to);
    }

    private static (BlockTime? From, BlockTime? To) Borders(Timestamp? first, Timestamp? last, string period, RequestFields fields)
    {
        var (from, to) = (fields.Second("from", first), fields.Second("to", last));
        if (from >= to)
            fields.Add("to", "must be at least a second after from.");
        if (period.Length == 0)
            return (from, to);
        if (!BillingPeriod.TryParse(period, out var named))
            fields.Add("period", "must be a month or a day, as in 2026-11 or 2026-11-24.");
        else if (from is null && to is null)
            return (named.From, named.To);
        else
            fields.Add("period", "stands instead of from and to.");
        return (from, to);
    }

    private AccountTarget? Account(string token, string payer, RequestFields fields)
    {
        var facts = Token(token, fields);
        var address = fields.Address("payer", payer);
        return facts is null || address is null ? null : new AccountTarget(facts, new AccountKey(facts.Token.Address, address));
    }

    private TokenFacts? Token(string text, RequestFields fields)
    {
        // An address in mixed case is one with a checksum, here too.
        var facts = !Address.TryParse(text, out _) || Chain.Signing.Eip55.TryParse(text, out _) ? directory.Find(text) : null;
        if (text.Length == 0)
            fields.Add("token", "is required.");
        else if (facts is null)
            fields.Add("token", $"is not a token of this gateway. It has {string.Join(", ", directory.Tokens.Select(t => t.Token.Symbol))}.");
        return facts;
    }

    private static OperatorGrant? Grant(Wire.PrepareAuthorizationRequest request, RequestFields fields)
    {
        const string Field = "flow_rate_allowance";
        if (request.Revoke)
        {
            if (request.FlowRateAllowance.Length == 0)
                return OperatorGrant.None;
            fields.Add(Field, "must be empty where everything is revoked.");
            return null;
        }

        if (request.FlowRateAllowance.Length == 0)
            return OperatorGrant.Unlimited;
        return fields.Rate(Field, request.FlowRateAllowance, mayBeZero: false) is { } allowance ? OperatorGrant.Unlimited with { Allowance = allowance } : null;
    }
}
