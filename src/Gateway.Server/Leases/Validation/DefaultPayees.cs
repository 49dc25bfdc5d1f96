using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Pricing;

namespace Gateway.Server.Leases.Validation;

/// <summary>Whom a lease pays that names nobody: by the split of the price list, else those of the configuration.</summary>
internal static class DefaultPayees
{
    public const string Node = "node";

    private const string Payees = "payees";

    /// <param name="split">Null: none.</param>
    /// <param name="configured">Validated at start; empty: none.</param>
    /// <param name="node">Null: the request names none.</param>
    /// <returns>Null where there is a problem.</returns>
    public static ImmutableArray<Payee>? Read(RequestFields fields, DefaultSplit? split, ImmutableArray<Payee> configured, Address payer, Address? node)
    {
        var needsNode = split?.NeedsNode ?? false;
        if (split is null && configured.IsEmpty)
            fields.Add(Payees, "is required: neither a price list nor the configuration has default payees.");
        else if (needsNode && node is null)
            fields.Add(Node, "is required where no payees are named: the default split has a part for the node.");
        else if (!needsNode && node is not null)
            fields.Add(Node, "has no part of the default split: name the payees instead.");
        else if (node is not null && node == payer)
            fields.Add(Node, "is the payer: nobody can pay himself.");
        else
            return Check(fields, split?.With(node) ?? configured, payer, node);
        return null;
    }

    private static ImmutableArray<Payee>? Check(RequestFields fields, ImmutableArray<Payee> payees, Address payer, Address? node)
    {
        if (payees.Any(p => p.Address == payer))
            fields.Add(Payees, "is required: the payer is one of the default payees, and nobody can pay himself.");
        else if (payees.Count(p => p.Address == node) > 1)
            fields.Add(Node, "has another part of the default split already: name the payees instead.");
        else
            return payees;
        return null;
    }
}
