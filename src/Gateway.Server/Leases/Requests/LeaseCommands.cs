namespace Gateway.Server.Leases.Requests;

/// <summary>What changes leases.</summary>
internal sealed record LeaseCommands(OpenLease Open, UpdateLease Update, CloseLease Close, ReportExecution Report);

/// <summary>What only looks.</summary>
internal sealed record LeaseQueries(QuoteLease Quote, LeaseReader Reader, ListLeases List, WatchLeases Watch);
