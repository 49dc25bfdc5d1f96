using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Server.Leases;
using Gateway.Server.Leases.Validation;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Operations;

/// <summary>Tells how a repricing gets on.</summary>
internal sealed class RepriceTeller(TokenBook tokens, LeaseRules rules)
{
    /// <param name="total">Leases that have not ended; about so many will be looked at.</param>
    public Sums Begin(long total) => new(tokens, rules, total);

    /// <summary>What has come together so far, and what of it was not told yet.</summary>
    internal sealed class Sums(TokenBook tokens, LeaseRules rules, long total)
    {
        private readonly SortedDictionary<Address, (long Leases, TokenAmount Before, TokenAmount After)> _perToken = [];
        private List<Wire.RepricedLease> _untold = [];
        private long _examined;

        public long Done { get; private set; }

        public long Failed { get; private set; }

        /// <param name="repriced">Null: it was none to be repriced.</param>
        public void Add(Lease lease, Repriced? repriced)
        {
            _examined++;
            if (repriced is null)
                return;
            _untold.Add(ToWire(repriced));
            if (repriced.Problem is not null)
            {
                Failed++;
                return;
            }

            Done++;
            var sum = _perToken.GetValueOrDefault(lease.Account.SuperToken);
            // Sums of rates of many leases may be more than one flow carries.
            _perToken[lease.Account.SuperToken] = (sum.Leases + 1, sum.Before + lease.Rate.Over(1), sum.After + repriced.Rate.Over(1));
        }

        public Wire.RepriceProgress Take(bool isLast)
        {
            var progress = new Wire.RepriceProgress
            {
                Version = rules.Prices.Current?.Version ?? "",
                Examined = (ulong)_examined,
                Total = (ulong)(isLast ? _examined : Math.Max(total, _examined)),
                Done = (ulong)Done,
                Failed = (ulong)Failed,
                Leases = { _untold },
                Totals = { _perToken.Select(t => ToWire(t.Key, t.Value)) },
            };
            _untold = [];
            return progress;
        }

        private Wire.RepricedTotal ToWire(Address token, (long Leases, TokenAmount Before, TokenAmount After) sum) => new()
        {
            Token = tokens.NameOf(token),
            Leases = (ulong)sum.Leases,
            FlowRateBefore = sum.Before.ToDecimal(),
            FlowRateAfter = sum.After.ToDecimal(),
        };

        private Wire.RepricedLease ToWire(Repriced repriced) => new()
        {
            LeaseId = repriced.Lease.Id.Value,
            Token = tokens.NameOf(repriced.Lease.Account.SuperToken),
            Plan = repriced.Lease.Pricing?.Resources.Plan ?? "",
            VersionBefore = repriced.Lease.Pricing?.ListVersion ?? "",
            FlowRateBefore = repriced.Lease.Rate.ToDecimal(),
            FlowRateAfter = repriced.Rate.ToDecimal(),
            PausedFlowRateBefore = repriced.Lease.PausedRate.ToDecimal(),
            PausedFlowRateAfter = repriced.PausedRate.ToDecimal(),
            Reason = repriced.Problem?.Reason ?? "",
            Detail = repriced.Problem?.Detail ?? "",
        };
    }
}
