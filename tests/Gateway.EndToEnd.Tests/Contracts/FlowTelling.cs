using System.Collections.Immutable;
using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Accounts;
using Gateway.Domain.Money;
using Gateway.Testing.Chains;
using Xunit;

namespace Gateway.EndToEnd.Tests.Contracts;

/// <summary>A flow change as its logs tell it, and as the gateway understands them.</summary>
internal sealed record ToldChange(FlowUpdate Update, FlowChange Change);

/// <summary>Makes flows change and reads what the chain tells of it.</summary>
internal static class FlowTelling
{
    /// <summary>Calls the CFA, which changes exactly one flow.</summary>
    /// <param name="before">The flow's rate until then.</param>
    public static async Task<ToldChange> TellAsync(this ChainFixture chain, DevAccount from, byte[] data, FlowRate before, byte[]? userData = null) =>
        Assert.Single(chain.Read(await chain.CallCfaAsync(from, data, TestContext.Current.CancellationToken, userData), before));

    /// <summary>All changes of one transaction; each flow's rate before is the one that the change before it left.</summary>
    public static IReadOnlyList<ToldChange> Read(this ChainFixture chain, TransactionReceipt receipt, FlowRate before)
    {
        var classifier = new EndingClassifier(chain.Chain.Accounts.Operator.Address, chain.Chain.Deployment.Automations);
        var rates = ImmutableDictionary<Domain.Identity.FlowKey, FlowRate>.Empty;
        var told = new List<ToldChange>();
        foreach (var update in FlowEvents.Read(receipt.Logs, chain.Contracts.Cfa))
        {
            var log = new FlowLog(
                update.Flow,
                rates.GetValueOrDefault(update.Flow, before),
                update.Rate,
                update.FlowOperator,
                update.Liquidation,
                update.Block,
                receipt.Block.Time.ToDateTimeOffset(),
                update.TransactionHash);
            rates = rates.SetItem(update.Flow, update.Rate);
            told.Add(new ToldChange(update, classifier.Classify(log)));
        }

        return told;
    }
}
