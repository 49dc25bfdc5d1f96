using System.Diagnostics;

namespace Gateway.Server.Telemetry;

/// <summary>Names of sources, spans, tags and instruments. Dashboards, alerts and other people's queries depend on them: they only grow.</summary>
public static class GatewayTelemetry
{
    /// <summary>Source and meter of leases, accounts, directives and settlement.</summary>
    public const string SourceName = "Superfluid.Gateway";

    /// <summary>JSON-RPC calls.</summary>
    public const string ChainSourceName = "Superfluid.Gateway.Chain";

    /// <summary>Redis scripts.</summary>
    public const string RedisSourceName = "Superfluid.Gateway.Redis";

    internal static readonly ActivitySource Source = new(SourceName);

    internal static readonly ActivitySource ChainSource = new(ChainSourceName);

    internal static readonly ActivitySource RedisSource = new(RedisSourceName);

    /// <summary>Span names: a contract of operations (DESIGN §8).</summary>
    public static class Spans
    {
        public const string LeaseOpen = "lease open";
        public const string LeaseUpdate = "lease update";
        public const string LeaseClose = "lease close";
        public const string AccountEvaluate = "account evaluate";
        public const string SettlementPlan = "settlement plan";
        public const string SettlementAttempt = "settlement attempt";
        public const string SettlementVerify = "settlement verify";
        public const string DirectiveIssue = "directive issue";
        public const string DirectiveReport = "directive report";
    }

    /// <summary>Span attributes. Ids, addresses and hashes belong here and on logs, never on a metric: each value would be a time series.</summary>
    public static class Attributes
    {
        public const string LeaseId = "lease.id";
        public const string VmId = "lease.vm_id";
        public const string LeaseState = "lease.state";
        public const string Payer = "account.payer";
        public const string SuperToken = "account.token";
        public const string Reason = "gateway.reason";
        public const string Execution = "directive.execution";
        public const string DirectiveId = "directive.id";
        public const string TransactionHash = "tx.hash";
        public const string Nonce = "tx.nonce";
        public const string BlockNumber = "block.number";
        public const string AttemptKind = "tx.attempt";
        public const string Outcome = "settlement.outcome";
        public const string Flows = "settlement.flows";
    }

    /// <summary>Events on spans.</summary>
    public static class Events
    {
        public const string AccountWarning = "account warning";
    }

    /// <summary>Instruments. Durations in seconds; no "total" in a name.</summary>
    public static class Instruments
    {
        public const string LeaseTransitions = "gateway.lease.transitions";
        public const string LeaseActive = "gateway.lease.active";
        public const string LeaseRefusals = "gateway.lease.refusals";
        public const string AccountWarnings = "gateway.account.warnings";
        public const string AccountExposure = "gateway.account.exposure";
        public const string AccountExposureMax = "gateway.account.exposure.max";
        public const string FlowDriftMax = "gateway.flow.drift.max";
        public const string FlowCorrections = "gateway.flow.corrections";
        public const string AccountOverdue = "gateway.account.overdue";
        public const string WebhookDeliveries = "gateway.webhook.deliveries";
        public const string WebhookPending = "gateway.webhook.pending";
        public const string DirectiveIssued = "gateway.directive.issued";
        public const string DirectiveDelivered = "gateway.directive.delivered";
        public const string DirectiveDeliveryDuration = "gateway.directive.delivery.duration";
        public const string DirectiveReportDuration = "gateway.directive.report.duration";
        public const string ReportOffset = "gateway.report.offset";
        public const string DirectiveWatchers = "gateway.directive.watchers";
        public const string SlotOpen = "gateway.slot.open";
        public const string SlotOutcomes = "gateway.slot.outcomes";
        public const string FlowDirty = "gateway.flow.dirty";
        public const string FlowDirtyOldest = "gateway.flow.dirty.oldest";
        public const string FlowChangeDuration = "gateway.flow.change.duration";
        public const string FlowHeld = "gateway.flow.held";
        public const string AttemptSent = "gateway.attempt.sent";
        public const string SendResults = "gateway.send.results";
        public const string SimulationFailures = "gateway.simulation.failures";
        public const string GasSpent = "gateway.gas.spent";
        public const string GasBudgetRemaining = "gateway.gas.budget.remaining";
        public const string OperatorBalance = "gateway.operator.balance";
        public const string LeaderChanges = "gateway.lane.leader_changes";
        public const string InvariantViolations = "gateway.settlement.invariant_violations";
        public const string LaneTroubles = "gateway.lane.troubles";
        public const string RedisRegressions = "gateway.redis.regressions";
        public const string ResyncRepairs = "gateway.resync.repairs";
        public const string RebuildLeases = "gateway.rebuild.leases";
        public const string RebuildOrphans = "gateway.rebuild.orphans";
        public const string RebuildFailedAccounts = "gateway.rebuild.failed_accounts";
        public const string LedgerMismatches = "gateway.ledger.mismatches";
        public const string WatcherLag = "gateway.watcher.lag";
        public const string WatcherStalled = "gateway.watcher.stalled";
        public const string LoopStill = "gateway.loop.still";
        public const string LoopAge = "gateway.loop.age";
        public const string StepDuration = "gateway.step.duration";
        public const string ChainCallDuration = "gateway.chain.call.duration";
        public const string ChainHeadLag = "gateway.chain.head.lag";
        public const string ChainHeadRegressions = "gateway.chain.head.regressions";
        public const string ChainContradictions = "gateway.chain.contradictions";
        public const string ChainLogsLeftOut = "gateway.chain.logs.left_out";
        public const string ChainSocketConnections = "gateway.chain.socket.connections";
        public const string ChainSocketLosses = "gateway.chain.socket.losses";
        public const string PriceListLoads = "gateway.price_list.loads";
        public const string PriceListRejected = "gateway.price_list.rejected";
        public const string PricesStale = "gateway.prices.stale";
        public const string PricesAge = "gateway.prices.age";
        public const string DependencyState = "gateway.dependency.state";
    }
}
