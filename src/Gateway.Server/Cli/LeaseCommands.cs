using System.CommandLine;
using Superfluid.Gateway.V1;

namespace Gateway.Server.Cli;

/// <summary><c>lease list|show|explain|isolate|release</c>.</summary>
internal static class LeaseCommands
{
    private static readonly string[] Columns = ["LEASE", "VM", "STATE", "REASON", "EXECUTION", "RATE wei/s", "FUNDED UNTIL"];

    public static Command Create() => new("lease", "Leases, and what happened to them.") { List(), Show(), Explain(), Isolate(), Release() };

    private static Command List()
    {
        var (address, json) = (GatewayConnection.Address(), GatewayConnection.AsJson());
        var payer = new Option<string>("--payer") { Description = "Only of this payer.", DefaultValueFactory = _ => "" };
        var token = new Option<string>("--token") { Description = "Only in this token.", DefaultValueFactory = _ => "" };
        var page = new Option<string>("--page") { Description = "The token at the end of the page before.", DefaultValueFactory = _ => "" };
        var command = new Command("list", "A page of leases.") { address, json, payer, token, page };
        command.SetAction((parsed, ct) => GatewayConnection.AskAsync(
            parsed.GetRequiredValue(address),
            parsed.GetValue(json),
            async client => await client.Leases.ListLeasesAsync(
                new ListLeasesRequest { Payer = parsed.GetRequiredValue(payer), Token = parsed.GetRequiredValue(token), PageToken = parsed.GetRequiredValue(page) },
                cancellationToken: ct),
            ShowPage));
        return command;
    }

    private static Command Show() => OfLease("show", "One lease.", (client, id, ct) => client.Leases.GetLeaseAsync(new GetLeaseRequest { LeaseId = id }, cancellationToken: ct).ResponseAsync, ShowOne);

    private static Command Explain() => OfLease(
        "explain",
        "Why a lease is as it is: what was seen, decided, told and answered.",
        (client, id, ct) => client.Operations.ExplainLeaseAsync(new GetLeaseRequest { LeaseId = id }, cancellationToken: ct).ResponseAsync,
        history => [.. ShowOne(history.Lease), .. ShowAccount(history), "", .. GatewayConnection.Table(["AT", "KIND", "WHAT", "BLOCK", "TRACE"], history.Entries.Select(ShowEntry))]);

    private static Command Isolate()
    {
        var why = new Option<string>("--why") { Description = "For the history.", Required = true };
        return OfLease(
            "isolate",
            "Holds the breaker open by hand: the VM is paused until it is released.",
            (client, id, parsed, ct) => client.Operations.IsolateLeaseAsync(
                new IsolateLeaseRequest { LeaseId = id, Why = parsed.GetRequiredValue(why) }, cancellationToken: ct).ResponseAsync,
            ShowOne,
            why);
    }

    private static Command Release() => OfLease(
        "release",
        "Lets go what isolate held.",
        (client, id, ct) => client.Operations.ReleaseLeaseAsync(new ReleaseLeaseRequest { LeaseId = id }, cancellationToken: ct).ResponseAsync,
        ShowOne);

    private static Command OfLease<TAnswer>(
        string name, string what, Func<Client.SchedulerClient, string, CancellationToken, Task<TAnswer>> ask, Func<TAnswer, IEnumerable<string>> show)
        where TAnswer : Google.Protobuf.IMessage => OfLease(name, what, (client, id, _, ct) => ask(client, id, ct), show);

    private static Command OfLease<TAnswer>(
        string name,
        string what,
        Func<Client.SchedulerClient, string, ParseResult, CancellationToken, Task<TAnswer>> ask,
        Func<TAnswer, IEnumerable<string>> show,
        params Option[] more)
        where TAnswer : Google.Protobuf.IMessage
    {
        var (address, json) = (GatewayConnection.Address(), GatewayConnection.AsJson());
        var id = new Argument<string>("lease") { Description = "Its id." };
        var command = new Command(name, what) { id, address, json };
        foreach (var option in more)
            command.Options.Add(option);
        command.SetAction((parsed, ct) => GatewayConnection.AskAsync(
            parsed.GetRequiredValue(address), parsed.GetValue(json), client => ask(client, parsed.GetRequiredValue(id), parsed, ct), show));
        return command;
    }

    private static IEnumerable<string> ShowPage(ListLeasesResponse page)
    {
        foreach (var line in GatewayConnection.Table(Columns, page.Leases.Select(Row)))
            yield return line;
        if (page.NextPageToken.Length > 0)
            yield return $"more: --page {page.NextPageToken}";
    }

    private static IReadOnlyList<string> Row(Lease lease) =>
        [lease.LeaseId, lease.VmId, $"{lease.State}", $"{lease.Reason}", $"{lease.Execution}", lease.FlowRate, lease.FundedUntil is { } until ? $"{until.ToDateTimeOffset():u}" : "-"];

    private static IEnumerable<string> ShowOne(Lease lease) =>
    [
        .. GatewayConnection.Table(Columns, [Row(lease)]),
        $"payer {lease.Payer}, token {lease.Token}, breaker {lease.Breaker.State} since {lease.Breaker.ChangedAt?.ToDateTimeOffset():u}",
        $"ran {lease.RunningTime?.ToTimeSpan():c}, used {lease.AmountUsed} wei",
        .. lease.Legs.Select(l => $"  {l.Payee.Role} {l.Payee.Address}: {l.FlowRate} wei/s of {l.FlowOnChain} on chain"),
    ];

    private static IEnumerable<string> ShowAccount(LeaseHistory history)
    {
        if (history.VerifiedAt is { } verified)
            yield return $"its account was verified at {verified.ToDateTimeOffset():u}, block {history.VerifiedBlock}: since then {history.ExposureAmount} wei could have run unpaid in {history.Exposure.ToTimeSpan():c}";
        foreach (var drift in history.Drifts)
            yield return $"the flow to {drift.Payee} is {drift.Drift} mwei ahead of use{(drift.Behind ? ", by what was last certain" : "")}{(drift.KeptUntil is { } until ? $", and goes on for what is owed until {until.ToDateTimeOffset():u}" : "")}; trim {drift.Trim} wei/s";
        if (history.Waiting is { } waiting)
            yield return $"told to {waiting.Execution} for {waiting.Reason} at {waiting.IssuedAt.ToDateTimeOffset():u} (directive {waiting.DirectiveId}, handed over {waiting.Delivery} times): no report yet";
    }

    private static IReadOnlyList<string> ShowEntry(HistoryEntry entry) =>
        [$"{entry.At.ToDateTimeOffset():u}", entry.Kind, entry.Summary, entry.Evidence is { BlockNumber: > 0 } seen ? $"{seen.BlockNumber}" : "-", entry.TraceId];
}
