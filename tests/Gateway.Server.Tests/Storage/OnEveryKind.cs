using Gateway.Server.Tests.Webhooks;
using Xunit;

namespace Gateway.Server.Tests.Storage;

// One line for each suite and kind: what must hold is written once, and holds everywhere.
[Collection(Kinds.Redis)]
public sealed class AccountStore_on_redis(StandaloneRedis kind) : AccountStoreTests(kind);

[Collection(Kinds.Resp2)]
public sealed class AccountStore_over_resp2(Resp2Redis kind) : AccountStoreTests(kind);

[Collection(Kinds.Cluster)]
public sealed class AccountStore_on_a_cluster(ThreeNodeCluster kind) : AccountStoreTests(kind);

[Collection(Kinds.Garnet)]
public sealed class AccountStore_on_garnet(EmbeddedGarnetRedis kind) : AccountStoreTests(kind);

[Collection(Kinds.Redis)]
public sealed class LeaseClaims_on_redis(StandaloneRedis kind) : LeaseClaimsTests(kind);

[Collection(Kinds.Resp2)]
public sealed class LeaseClaims_over_resp2(Resp2Redis kind) : LeaseClaimsTests(kind);

[Collection(Kinds.Cluster)]
public sealed class LeaseClaims_on_a_cluster(ThreeNodeCluster kind) : LeaseClaimsTests(kind);

[Collection(Kinds.Garnet)]
public sealed class LeaseClaims_on_garnet(EmbeddedGarnetRedis kind) : LeaseClaimsTests(kind);

[Collection(Kinds.Redis)]
public sealed class DirectiveLog_on_redis(StandaloneRedis kind) : DirectiveLogTests(kind);

[Collection(Kinds.Resp2)]
public sealed class DirectiveLog_over_resp2(Resp2Redis kind) : DirectiveLogTests(kind);

[Collection(Kinds.Cluster)]
public sealed class DirectiveLog_on_a_cluster(ThreeNodeCluster kind) : DirectiveLogTests(kind);

[Collection(Kinds.Garnet)]
public sealed class DirectiveLog_on_garnet(EmbeddedGarnetRedis kind) : DirectiveLogTests(kind);

[Collection(Kinds.Redis)]
public sealed class AccountDeadlines_on_redis(StandaloneRedis kind) : AccountDeadlinesTests(kind);

[Collection(Kinds.Resp2)]
public sealed class AccountDeadlines_over_resp2(Resp2Redis kind) : AccountDeadlinesTests(kind);

[Collection(Kinds.Cluster)]
public sealed class AccountDeadlines_on_a_cluster(ThreeNodeCluster kind) : AccountDeadlinesTests(kind);

[Collection(Kinds.Garnet)]
public sealed class AccountDeadlines_on_garnet(EmbeddedGarnetRedis kind) : AccountDeadlinesTests(kind);

[Collection(Kinds.Redis)]
public sealed class FlowMarks_on_redis(StandaloneRedis kind) : FlowMarksTests(kind);

[Collection(Kinds.Resp2)]
public sealed class FlowMarks_over_resp2(Resp2Redis kind) : FlowMarksTests(kind);

[Collection(Kinds.Cluster)]
public sealed class FlowMarks_on_a_cluster(ThreeNodeCluster kind) : FlowMarksTests(kind);

[Collection(Kinds.Garnet)]
public sealed class FlowMarks_on_garnet(EmbeddedGarnetRedis kind) : FlowMarksTests(kind);

[Collection(Kinds.Redis)]
public sealed class LeaseListing_on_redis(StandaloneRedis kind) : LeaseListingTests(kind);

[Collection(Kinds.Resp2)]
public sealed class LeaseListing_over_resp2(Resp2Redis kind) : LeaseListingTests(kind);

[Collection(Kinds.Cluster)]
public sealed class LeaseListing_on_a_cluster(ThreeNodeCluster kind) : LeaseListingTests(kind);

[Collection(Kinds.Garnet)]
public sealed class LeaseListing_on_garnet(EmbeddedGarnetRedis kind) : LeaseListingTests(kind);

[Collection(Kinds.Redis)]
public sealed class WatcherCursorStore_on_redis(StandaloneRedis kind) : WatcherCursorStoreTests(kind);

[Collection(Kinds.Resp2)]
public sealed class WatcherCursorStore_over_resp2(Resp2Redis kind) : WatcherCursorStoreTests(kind);

[Collection(Kinds.Cluster)]
public sealed class WatcherCursorStore_on_a_cluster(ThreeNodeCluster kind) : WatcherCursorStoreTests(kind);

[Collection(Kinds.Garnet)]
public sealed class WatcherCursorStore_on_garnet(EmbeddedGarnetRedis kind) : WatcherCursorStoreTests(kind);

[Collection(Kinds.Redis)]
public sealed class StoreHints_on_redis(StandaloneRedis kind) : StoreHintsTests(kind);

[Collection(Kinds.Resp2)]
public sealed class StoreHints_over_resp2(Resp2Redis kind) : StoreHintsTests(kind);

[Collection(Kinds.Cluster)]
public sealed class StoreHints_on_a_cluster(ThreeNodeCluster kind) : StoreHintsTests(kind);

[Collection(Kinds.Garnet)]
public sealed class StoreHints_on_garnet(EmbeddedGarnetRedis kind) : StoreHintsTests(kind);

[Collection(Kinds.Redis)]
public sealed class LaneLeadership_on_redis(StandaloneRedis kind) : LaneLeadershipTests(kind);

[Collection(Kinds.Redis)]
public sealed class LaneQueue_on_redis(StandaloneRedis kind) : LaneQueueTests(kind);

[Collection(Kinds.Redis)]
public sealed class LaneSlot_on_redis(StandaloneRedis kind) : LaneSlotTests(kind);

[Collection(Kinds.Redis)]
public sealed class LaneModel_on_redis(StandaloneRedis kind) : LaneModelTests(kind);

[Collection(Kinds.Redis)]
public sealed class InMemoryLane_on_redis(StandaloneRedis kind) : InMemoryLaneTests(kind);

[Collection(Kinds.Resp2)]
public sealed class LaneLeadership_over_resp2(Resp2Redis kind) : LaneLeadershipTests(kind);

[Collection(Kinds.Resp2)]
public sealed class LaneQueue_over_resp2(Resp2Redis kind) : LaneQueueTests(kind);

[Collection(Kinds.Resp2)]
public sealed class LaneSlot_over_resp2(Resp2Redis kind) : LaneSlotTests(kind);

[Collection(Kinds.Resp2)]
public sealed class LaneModel_over_resp2(Resp2Redis kind) : LaneModelTests(kind);

[Collection(Kinds.Resp2)]
public sealed class InMemoryLane_over_resp2(Resp2Redis kind) : InMemoryLaneTests(kind);

[Collection(Kinds.Cluster)]
public sealed class LaneLeadership_on_a_cluster(ThreeNodeCluster kind) : LaneLeadershipTests(kind);

[Collection(Kinds.Cluster)]
public sealed class LaneQueue_on_a_cluster(ThreeNodeCluster kind) : LaneQueueTests(kind);

[Collection(Kinds.Cluster)]
public sealed class LaneSlot_on_a_cluster(ThreeNodeCluster kind) : LaneSlotTests(kind);

[Collection(Kinds.Cluster)]
public sealed class LaneModel_on_a_cluster(ThreeNodeCluster kind) : LaneModelTests(kind);

[Collection(Kinds.Cluster)]
public sealed class InMemoryLane_on_a_cluster(ThreeNodeCluster kind) : InMemoryLaneTests(kind);

[Collection(Kinds.Garnet)]
public sealed class LaneLeadership_on_garnet(EmbeddedGarnetRedis kind) : LaneLeadershipTests(kind);

[Collection(Kinds.Garnet)]
public sealed class LaneQueue_on_garnet(EmbeddedGarnetRedis kind) : LaneQueueTests(kind);

[Collection(Kinds.Garnet)]
public sealed class LaneSlot_on_garnet(EmbeddedGarnetRedis kind) : LaneSlotTests(kind);

[Collection(Kinds.Garnet)]
public sealed class LaneModel_on_garnet(EmbeddedGarnetRedis kind) : LaneModelTests(kind);

[Collection(Kinds.Garnet)]
public sealed class InMemoryLane_on_garnet(EmbeddedGarnetRedis kind) : InMemoryLaneTests(kind);

[Collection(Kinds.Redis)]
public sealed class RedisConnection_on_redis(StandaloneRedis kind) : RedisConnectionTests(kind);

[Collection(Kinds.Resp2)]
public sealed class RedisConnection_over_resp2(Resp2Redis kind) : RedisConnectionTests(kind);

[Collection(Kinds.Cluster)]
public sealed class RedisConnection_on_a_cluster(ThreeNodeCluster kind) : RedisConnectionTests(kind);

[Collection(Kinds.Garnet)]
public sealed class RedisConnection_on_garnet(EmbeddedGarnetRedis kind) : RedisConnectionTests(kind);

[Collection(Kinds.Redis)]
public sealed class Webhooks_on_redis(StandaloneRedis kind) : WebhookTests(kind);

[Collection(Kinds.Resp2)]
public sealed class Webhooks_over_resp2(Resp2Redis kind) : WebhookTests(kind);

[Collection(Kinds.Cluster)]
public sealed class Webhooks_on_a_cluster(ThreeNodeCluster kind) : WebhookTests(kind);

[Collection(Kinds.Garnet)]
public sealed class Webhooks_on_garnet(EmbeddedGarnetRedis kind) : WebhookTests(kind);

[Collection(Kinds.Redis)]
public sealed class UsageLog_on_redis(StandaloneRedis kind) : UsageLogTests(kind);

[Collection(Kinds.Resp2)]
public sealed class UsageLog_over_resp2(Resp2Redis kind) : UsageLogTests(kind);

[Collection(Kinds.Cluster)]
public sealed class UsageLog_on_a_cluster(ThreeNodeCluster kind) : UsageLogTests(kind);

[Collection(Kinds.Garnet)]
public sealed class UsageLog_on_garnet(EmbeddedGarnetRedis kind) : UsageLogTests(kind);

[Collection(Kinds.Redis)]
public sealed class DroppedSegments_on_redis(StandaloneRedis kind) : DroppedSegmentsTests(kind);

[Collection(Kinds.Resp2)]
public sealed class DroppedSegments_over_resp2(Resp2Redis kind) : DroppedSegmentsTests(kind);

[Collection(Kinds.Cluster)]
public sealed class DroppedSegments_on_a_cluster(ThreeNodeCluster kind) : DroppedSegmentsTests(kind);

[Collection(Kinds.Garnet)]
public sealed class DroppedSegments_on_garnet(EmbeddedGarnetRedis kind) : DroppedSegmentsTests(kind);

[Collection(Kinds.Redis)]
public sealed class DroppedUsage_on_redis(StandaloneRedis kind) : DroppedUsageTests(kind);

[Collection(Kinds.Resp2)]
public sealed class DroppedUsage_over_resp2(Resp2Redis kind) : DroppedUsageTests(kind);

[Collection(Kinds.Cluster)]
public sealed class DroppedUsage_on_a_cluster(ThreeNodeCluster kind) : DroppedUsageTests(kind);

[Collection(Kinds.Garnet)]
public sealed class DroppedUsage_on_garnet(EmbeddedGarnetRedis kind) : DroppedUsageTests(kind);

[Collection(Kinds.Redis)]
public sealed class DroppedLeases_on_redis(StandaloneRedis kind) : DroppedLeasesTests(kind);

[Collection(Kinds.Resp2)]
public sealed class DroppedLeases_over_resp2(Resp2Redis kind) : DroppedLeasesTests(kind);

[Collection(Kinds.Cluster)]
public sealed class DroppedLeases_on_a_cluster(ThreeNodeCluster kind) : DroppedLeasesTests(kind);

[Collection(Kinds.Garnet)]
public sealed class DroppedLeases_on_garnet(EmbeddedGarnetRedis kind) : DroppedLeasesTests(kind);

[Collection(Kinds.Redis)]
public sealed class LedgerBatches_on_redis(StandaloneRedis kind) : LedgerBatchesTests(kind);

[Collection(Kinds.Resp2)]
public sealed class LedgerBatches_over_resp2(Resp2Redis kind) : LedgerBatchesTests(kind);

[Collection(Kinds.Cluster)]
public sealed class LedgerBatches_on_a_cluster(ThreeNodeCluster kind) : LedgerBatchesTests(kind);

[Collection(Kinds.Garnet)]
public sealed class LedgerBatches_on_garnet(EmbeddedGarnetRedis kind) : LedgerBatchesTests(kind);
