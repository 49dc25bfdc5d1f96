namespace Gateway.Server.Configuration;

/// <summary><c>Gateway:Policy</c>: how early to act, and what to do while the chain is out of sight (DESIGN §5).</summary>
internal sealed class PolicyOptions
{
    public const string Section = "Gateway:Policy";

    public const string FailClosed = "fail-closed";

    public const string FailOpen = "fail-open";

    public const string ProtectNode = "node";

    public const string ProtectCustomer = "customer";

    /// <summary>Names that <see cref="Protect"/> may take.</summary>
    public static readonly IReadOnlyList<string> Protections = [ProtectNode, ProtectCustomer];

    /// <summary>Names that <see cref="ChainUnreachable"/> may take.</summary>
    public static readonly IReadOnlyList<string> UnreachablePolicies = [FailClosed, FailOpen];

    /// <summary>VMs are paused when their account would be critical within this time. 1 s to 7 days, default 15 min.</summary>
    public TimeSpan PauseMargin { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How much more than the margin a resumed lease must leave. 0 to 7 days, default 5 min.</summary>
    public TimeSpan ResumeHysteresis { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>What paused leases still cost is closed when their account would be critical within this time. 0 to the pause margin. Default 5 min, or the pause margin where that is shorter.</summary>
    public TimeSpan? CloseMargin { get; set; }

    /// <summary>Whose loss is avoided where a pause is not answered: "node" leaves the flow under a VM that may still run, "customer" closes it at the close margin. Default "node".</summary>
    public string Protect { get; set; } = ProtectNode;

    /// <summary>How long a lease may be paused for its payer's sake before it is terminated; time that it runs paid gives back what was spent. 1 min to 365 days, default 14 days.</summary>
    public TimeSpan Grace { get; set; } = TimeSpan.FromDays(14);

    /// <summary>The payer is warned when the runway falls below one of these. At most 8, of 1 min to 365 days each. Default 24 h, 6 h, 1 h.</summary>
    public TimeSpan[]? Warnings { get; set; }

    /// <summary>An account must last at least this long beyond the pause margin for a lease to be admitted. 0 to 30 days, default 5 min.</summary>
    public TimeSpan AdmissionRunway { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a VM may run while nothing about its payer can be verified. 10 s to 1 day, default 10 min.</summary>
    public TimeSpan ExposureLimit { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>What happens beyond the exposure limit: "fail-closed" pauses, "fail-open" lets run. Default "fail-closed".</summary>
    public string ChainUnreachable { get; set; } = FailClosed;

    /// <summary>Longest time between two looks at an account that has leases. 1 s to 1 h, default 60 s.</summary>
    public TimeSpan AuditInterval { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a VM may run at a raised price that we do not get on chain, before it is paused for that. 10 s to 1 day, default 2 min.</summary>
    public TimeSpan SettlementPatience { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>How far what was streamed over a flow may be from what was used before that alone is worth a transaction, as time at the flow's rate; the last close may wait as long for what is owed. 1 s to 1 h, default 30 s.</summary>
    public TimeSpan DriftTolerance { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a lease is taken to run when its gas is weighed against what it pays. 1 min to 365 days, default 1 day.</summary>
    public TimeSpan EconomicHorizon { get; set; } = TimeSpan.FromDays(1);

    /// <summary>The most that opening and closing a lease may cost, in millionths of what it pays in that time. 1 to 1,000,000, default 100,000: a tenth.</summary>
    public uint MostGasSharePpm { get; set; } = 100_000;

    /// <summary>Let money flow to SuperApps, whose callbacks can refuse or jail. Default false.</summary>
    public bool AllowSuperAppPayees { get; set; }

    /// <summary>What single tokens have otherwise, by symbol.</summary>
    public IDictionary<string, PolicyOverrideOptions> Tokens { get; set; } = new Dictionary<string, PolicyOverrideOptions>(StringComparer.Ordinal);

    /// <summary>What single payers have otherwise, by address: goes before what their token has.</summary>
    public IDictionary<string, PayerPolicyOptions> Payers { get; set; } = new Dictionary<string, PayerPolicyOptions>(StringComparer.OrdinalIgnoreCase);
}

/// <summary>The part of <c>Gateway</c> that has no section of its own.</summary>
internal sealed class GatewayOptions
{
    public const string Section = "Gateway";

    /// <summary>Whom a lease pays when its request names nobody. Empty: every request must name its payees.</summary>
    public IList<PayeeOptions> DefaultPayees { get; set; } = [];
}

/// <summary>One default payee.</summary>
internal sealed class PayeeOptions
{
    public string Address { get; set; } = "";

    /// <summary>Of 1,000,000; all shares add up to it.</summary>
    public uint SharePpm { get; set; }

    public string Role { get; set; } = "";
}
