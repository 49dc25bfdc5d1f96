using Gateway.Domain.Accounts;
using Gateway.Domain.Settlement;
using Gateway.Server.Chains;
using Gateway.Server.Evaluation;

namespace Gateway.Server.Leases;

/// <summary>Admission by what was just seen, under the configured policy and for the configured operator.</summary>
internal sealed class LeaseAdmission(AccountPolicies policies, ChainDirectory directory)
{
    public Admission On(AccountLook look) =>
        new(look.Seen, policies.AdmissionFor(look.Book.Account.Key), directory.Operator, look.Head.BaseFee + FeePolicy.Default.Tip);
}
