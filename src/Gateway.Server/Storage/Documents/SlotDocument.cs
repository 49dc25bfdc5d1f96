using Gateway.Domain.Accounts;
using Gateway.Domain.Money;
using Gateway.Server.Settlement;

namespace Gateway.Server.Storage.Documents;

/// <summary>What a slot is for: the flows it locked, and the requests behind them.</summary>
internal sealed record SlotDocument(int V, IReadOnlyList<SlotFlowDocument> Flows, IReadOnlyList<string> Contexts) : IStoredDocument
{
    public static string Write(SlotPlan plan) => StoredDocuments.Write(
        new SlotDocument(1, [.. plan.Flows.Select(SlotFlowDocument.From)], plan.Contexts), StoredDocuments.Default.SlotDocument);

    public static SlotPlan Read(string json)
    {
        var document = StoredDocuments.Read(json, StoredDocuments.Default.SlotDocument);
        return new SlotPlan([.. document.Flows.Select(f => f.ToDomain())], [.. document.Contexts]);
    }
}

/// <param name="Flow">"token:payer:payee".</param>
internal sealed record SlotFlowDocument(string Flow, string Desired, ulong Generation, Urgency Urgency, DateTimeOffset MarkedAt, int Fails)
{
    public static SlotFlowDocument From(SlotFlow flow) =>
        new(flow.Flow.ToString(), flow.Desired.ToDecimal(), flow.Generation, flow.Urgency, flow.MarkedAt, flow.Fails);

    public SlotFlow ToDomain() => new(Stored.Flow(Flow), FlowRate.Parse(Desired), Generation, Urgency, MarkedAt, Fails);
}
