using Gateway.Chain.Signing;
using Gateway.Domain.Accounts;
using Gateway.Domain.Leases;
using Gateway.Domain.Settlement;
using Gateway.Server.Leases.Errors;
using Gateway.Server.Leases.Validation;
using Google.Protobuf.WellKnownTypes;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Leases.Requests;

/// <summary>What a lease would cost, and whether it would be admitted. It promises nothing: the next block may tell otherwise.</summary>
internal sealed class QuoteLease(AccountLooks looks, PayeeCheck payees, LeaseAdmission admission, TimeProvider time)
{
    /// <summary>Balances move by the second and grants by the block; the price does not.</summary>
    private static readonly TimeSpan Validity = TimeSpan.FromSeconds(30);

    /// <exception cref="RefusedException">The protocol takes no flow as large as this one would be.</exception>
    public async Task<Wire.Quote> RunAsync(QuoteOrder order, CancellationToken cancellationToken)
    {
        var look = await looks.LookAsync(order.Account, order.Terms.Payees.Select(p => p.Address), cancellationToken);
        var rejected = await payees.FindRejectedAsync(order.Terms, isPaid: false, look.Seen.Block.Number, cancellationToken);
        var rules = admission.On(look);
        var quote = rules.ForLease(look.Book, order.Terms.Rate, order.Terms.Payees);
        if (quote.Refusal is { Code: RefusalCode.RateTooLarge } tooLarge)
            throw new RefusedException(tooLarge, order.Terms.PriceField);

        var reason = rejected is null ? quote.Refusal?.Reason ?? Reason.Unspecified : Reason.PayeeRejected;
        var wire = new Wire.Quote
        {
            TokenAddress = Eip55.Format(order.Account.SuperToken),
            FlowRate = order.Terms.Rate.ToDecimal(),
            BufferDeposit = quote.BufferDeposit.ToDecimal(),
            AvailableBalance = look.Seen.AvailableBalance.ToDecimal(),
            Admitted = rejected is null && quote.IsAdmitted,
            Reason = reason.ToWire(),
            RequiredBalance = quote.RequiredBalance.ToDecimal(),
            RequiredAllowance = quote.RequiredAllowance.ToDecimal(),
            // This lease's part of a batch: what a batch costs once is shared with whatever else is in it.
            GasCostWei = ((look.Head.BaseFee + FeePolicy.Default.Tip) * rules.OpeningGas(order.Terms.Payees)).ToDecimal(),
            BlockNumber = look.Seen.Block.Number.Value,
            ValidUntil = (time.GetUtcNow() + Validity).ToTimestamp(),
            PausedFlowRate = order.Terms.PausedRate.ToDecimal(),
            PriceListVersion = order.Terms.Pricing?.ListVersion ?? "",
        };
        if (quote.RunwayAfter.ToTimeSpan() is { } runway)
            wire.RunwayAfter = Duration.FromTimeSpan(runway);
        wire.Legs.AddRange(order.Terms.Payees.Select((p, i) => LeaseMapping.ToWire(p, quote.Legs[i], look.Seen.FlowTo(p.Address).Rate)));
        return wire;
    }
}
