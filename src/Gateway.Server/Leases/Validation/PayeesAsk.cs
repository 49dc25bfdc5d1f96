using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Pricing;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Leases.Validation;

/// <summary>Whom a request wants to be paid: payees that it names, or the default split with its node.</summary>
internal sealed record PayeesAsk
{
    private readonly bool _isWrong;

    private PayeesAsk(ImmutableArray<Payee>? named, Address? node, bool isWrong) => (Named, Node, _isWrong) = (named, node, isWrong);

    /// <summary>Null: the default split.</summary>
    public ImmutableArray<Payee>? Named { get; }

    /// <summary>Who takes the node's part of the default split; null: nobody was named.</summary>
    public Address? Node { get; }

    public static PayeesAsk Read(RequestFields fields, IReadOnlyList<Wire.Payee> payees, string node, Address? payer)
    {
        if (payees.Count == 0)
        {
            var address = node.Length == 0 ? null : fields.Address(DefaultPayees.Node, node);
            return new PayeesAsk(named: null, address, isWrong: node.Length > 0 && address is null);
        }

        if (node.Length > 0)
            fields.Add(DefaultPayees.Node, "is of the default split, and the payees are named: name the node among them.");
        var named = PayeeList.Read(fields, payees, payer);
        return new PayeesAsk(named, node: null, isWrong: named is null || node.Length > 0);
    }

    /// <param name="split">Of the price list; null: none.</param>
    /// <returns>Null where there is a problem.</returns>
    public ImmutableArray<Payee>? Settle(RequestFields fields, DefaultSplit? split, ImmutableArray<Payee> configured, Address payer) =>
        _isWrong ? null : Named ?? DefaultPayees.Read(fields, split, configured, payer, Node);
}
