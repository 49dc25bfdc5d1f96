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
