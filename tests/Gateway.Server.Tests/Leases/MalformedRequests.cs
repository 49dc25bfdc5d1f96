using Gateway.Domain.Identity;
using Gateway.Server.Tests.Hosting;
using Google.Protobuf.WellKnownTypes;
using Superfluid.Gateway.V1;

namespace Gateway.Server.Tests.Leases;

/// <summary>Requests that no gateway could serve, by the field that is to be named.</summary>
internal static class MalformedRequests
{
    private static readonly Address Payer = Address.Parse("0x" + new string('7', 40));

    public static readonly IReadOnlyDictionary<string, (string Field, Func<HostedGateway, Task> Send)> All = Cases()
        .ToDictionary(c => c.Name, c => (c.Field, c.Send), StringComparer.Ordinal);

    private static IEnumerable<(string Name, string Field, Func<HostedGateway, Task> Send)> Cases() =>
        [.. Opens(), .. Rates(), .. Rest(), .. Payees(), .. Quotes(), .. Updates(), .. Closes(), .. Reports(), .. Lists(), .. Others()];

    private static IEnumerable<(string Name, string Field, Func<HostedGateway, Task> Send)> Opens()
    {
        yield return Open("no lease id", "lease_id", r => r.LeaseId = "");
        yield return Open("a lease id with a space", "lease_id", r => r.LeaseId = "a b");
        yield return Open("a lease id with a slash", "lease_id", r => r.LeaseId = "a/b");
        yield return Open("a lease id in another alphabet", "lease_id", r => r.LeaseId = "leasé");
        yield return Open("a lease id that is too long", "lease_id", r => r.LeaseId = new string('a', 129));
        yield return Open("no VM", "vm_id", r => r.VmId = "");
        yield return Open("a VM of spaces", "vm_id", r => r.VmId = "   ");
        yield return Open("a VM with a control character", "vm_id", r => r.VmId = "vm\u0007");
        yield return Open("a VM of two lines", "vm_id", r => r.VmId = "vm\n1");
        yield return Open("a VM with half a character", "vm_id", r => r.VmId = "vm\ud83d");
        yield return Open("a VM with a name that is too long", "vm_id", r => r.VmId = new string('v', 257));
        yield return Open("no payer", "payer", r => r.Payer = "");
        yield return Open("a payer that is no address", "payer", r => r.Payer = "0x12");
        yield return Open("a payer without 0x", "payer", r => r.Payer = new string('7', 40));
        yield return Open("a payer with a wrong checksum", "payer", r => r.Payer = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD".Replace("aA", "Aa", StringComparison.Ordinal));
        yield return Open("nobody as payer", "payer", r => r.Payer = "0x" + new string('0', 40));
        yield return Open("no token", "token", r => r.Token = "");
        yield return Open("a token that is not ours", "token", r => r.Token = "DOGE");
        yield return Open("a symbol in another case", "token", r => r.Token = "aleph");
        yield return Open("an address that is not a token of ours", "token", r => r.Token = "0x" + new string('9', 40));
    }

    private static IEnumerable<(string Name, string Field, Func<HostedGateway, Task> Send)> Rates()
    {
        yield return Open("no price", "price", r => r.Price = null);
        yield return Open("an empty price", "price", r => r.Price = new Price());
        yield return Open("a price list where there is none", "price.resources", r => r.Price = new Price { Resources = new Resources { Plan = "small" } });
        yield return Open("an empty rate", "price.flow_rate", r => r.Price = new Price { FlowRate = "" });
        yield return Open("a rate of nothing", "price.flow_rate", r => r.Price = new Price { FlowRate = "0" });
        yield return Open("a negative rate", "price.flow_rate", r => r.Price = new Price { FlowRate = "-1" });
        yield return Open("a rate with a sign", "price.flow_rate", r => r.Price = new Price { FlowRate = "+1" });
        yield return Open("a rate with leading zeros", "price.flow_rate", r => r.Price = new Price { FlowRate = "007" });
        yield return Open("a rate beyond int96", "price.flow_rate", r => r.Price = new Price { FlowRate = "39614081257132168796771975168" });
        yield return Open("a rate beyond every number", "price.flow_rate", r => r.Price = new Price { FlowRate = new string('9', 5000) });
        yield return Open("a rate that is a fraction", "price.flow_rate", r => r.Price = new Price { FlowRate = "1.5" });
        yield return Open("a rate in words", "price.flow_rate", r => r.Price = new Price { FlowRate = "ten" });
        yield return Open("a rate in hex", "price.flow_rate", r => r.Price = new Price { FlowRate = "0xff" });
        yield return Open("a rate with an exponent", "price.flow_rate", r => r.Price = new Price { FlowRate = "1e18" });
        yield return Open("a rate with white space", "price.flow_rate", r => r.Price = new Price { FlowRate = " 1" });
        yield return Open("a rate in other digits", "price.flow_rate", r => r.Price = new Price { FlowRate = "١٢" });
        yield return Open("a paused rate in words", "paused_flow_rate", r => r.PausedFlowRate = "none");
        yield return Open("a negative paused rate", "paused_flow_rate", r => r.PausedFlowRate = "-1");
        yield return Open("a paused VM dearer than a running one", "paused_flow_rate", r => r.PausedFlowRate = Ask.Rate + "0");
    }

    private static IEnumerable<(string Name, string Field, Func<HostedGateway, Task> Send)> Rest()
    {
        yield return Open("a start that is far off", "starts_at", r => r.StartsAt = In(TimeSpan.FromMinutes(6)));
        yield return Open("a start of long ago", "starts_at", r => r.StartsAt = In(TimeSpan.FromDays(-36)));
        yield return Open("a start that is no instant", "starts_at", r => r.StartsAt = new Timestamp { Seconds = 1, Nanos = -1 });
        yield return Open("a start after the year 9999", "starts_at", r => r.StartsAt = new Timestamp { Seconds = long.MaxValue });
        yield return Open("too many labels", "labels", r => Enumerable.Range(0, 33).ToList().ForEach(i => r.Labels.Add($"l{i}", "")));
        yield return Open("a label without a name", "labels", r => r.Labels.Add("", "x"));
        yield return Open("a label with a name that is too long", "labels", r => r.Labels.Add(new string('l', 129), "x"));
        yield return Open("a label with a value that is too long", "labels[zone]", r => r.Labels.Add("zone", new string('v', 257)));
        yield return Open("a label with a control character", "labels[zone]", r => r.Labels.Add("zone", "a\0b"));
        yield return Open("a state that nobody knows", "wait_for", r => r.WaitFor = (LeaseState)99);
        yield return Open("a negative wait", "wait_at_most", r => (r.WaitFor, r.WaitAtMost) = (LeaseState.Active, new Duration { Seconds = -1 }));
        yield return Open("a wait for ever", "wait_at_most", r => (r.WaitFor, r.WaitAtMost) = (LeaseState.Active, new Duration { Seconds = 301 }));
        yield return Open("a wait that is no duration", "wait_at_most", r => (r.WaitFor, r.WaitAtMost) = (LeaseState.Active, new Duration { Seconds = 1, Nanos = -1 }));
    }

    private static IEnumerable<(string Name, string Field, Func<HostedGateway, Task> Send)> Payees()
    {
        yield return Open("nobody to pay", "payees", r => r.Payees.Clear());
        yield return Open("a payee that is no address", "payees[1].address", r => r.Payees[1].Address = "community.eth");
        yield return Open("a payee without an address", "payees[0].address", r => r.Payees[0].Address = "");
        yield return Open("nobody as payee", "payees[1].address", r => r.Payees[1].Address = "0x" + new string('0', 40));
        yield return Open("the payer as payee", "payees[0].address", r => r.Payees[0].Address = r.Payer);
        yield return Open("a payee twice", "payees[1].address", r => r.Payees[1].Address = r.Payees[0].Address.ToLowerInvariant());
        yield return Open("a share of nothing", "payees[1].share_ppm", r => (r.Payees[0].SharePpm, r.Payees[1].SharePpm) = (1_000_000, 0));
        yield return Open("a share of more than all", "payees[0].share_ppm", r => r.Payees[0].SharePpm = 1_000_001);
        yield return Open("shares that leave something over", "payees", r => r.Payees[0].SharePpm = 799_999);
        yield return Open("shares of more than there is", "payees", r => r.Payees[0].SharePpm = 800_001);
        yield return Open("shares that would overflow", "payees", r => (r.Payees[0].SharePpm, r.Payees[1].SharePpm) = (uint.MaxValue, 1_000_001));
        yield return Open("a role that is too long", "payees[1].role", r => r.Payees[1].Role = new string('r', 65));
        yield return Open("a role of two lines", "payees[0].role", r => r.Payees[0].Role = "node\u2028");
        yield return Open("too many payees", "payees", r => Enumerable.Repeat(r.Payees[0], 15).ToList().ForEach(r.Payees.Add));
    }

    private static IEnumerable<(string Name, string Field, Func<HostedGateway, Task> Send)> Quotes()
    {
        yield return Quote("a quote for nobody", "payer", r => r.Payer = "");
        yield return Quote("a quote in no token", "token", r => r.Token = "");
        yield return Quote("a quote of no price", "price", r => r.Price = null);
        yield return Quote("a quote for nobody's sake", "payees", r => r.Payees.Clear());
        yield return Quote("a quote of more than the protocol takes", "price.flow_rate", r => r.Price = new Price { FlowRate = "39614081257132168796771975167" });
    }

    private static IEnumerable<(string Name, string Field, Func<HostedGateway, Task> Send)> Updates()
    {
        yield return Update("an update of nothing", "lease_id", r => r.LeaseId = "");
        yield return Update("an update to no price", "price", r => r.Price = new Price());
        yield return Update("an update to a price of nothing", "price.flow_rate", r => r.Price = new Price { FlowRate = "0" });
        yield return Update("an update to a price list", "price.resources", r => r.Price = new Price { Resources = new Resources() });
        yield return Update("an update to a paused rate in words", "paused_flow_rate", r => r.PausedFlowRate = "half");
        yield return Update("an update to a paused VM dearer than a running one", "paused_flow_rate", r => (r.Price, r.PausedFlowRate) = (new Price { FlowRate = "5" }, "6"));
        yield return Update("an update that is far off", "effective_at", r => r.EffectiveAt = In(TimeSpan.FromHours(1)));
        yield return Update("an update of long ago", "effective_at", r => r.EffectiveAt = In(TimeSpan.FromDays(-36)));
        yield return Update("an update that waits for what nobody knows", "wait_for", r => r.WaitFor = (LeaseState)(-1));
        yield return Update("an update that waits for ever", "wait_at_most", r => (r.WaitFor, r.WaitAtMost) = (LeaseState.Active, new Duration { Seconds = long.MaxValue }));
    }

    private static IEnumerable<(string Name, string Field, Func<HostedGateway, Task> Send)> Closes()
    {
        yield return Close("a close of nothing", "lease_id", r => r.LeaseId = "");
        yield return Close("a close that is far off", "ended_at", r => r.EndedAt = In(TimeSpan.FromMinutes(6)));
        yield return Close("a close of long ago", "ended_at", r => r.EndedAt = In(TimeSpan.FromDays(-36)));
        yield return Close("a close before time", "ended_at", r => r.EndedAt = new Timestamp { Seconds = long.MinValue });
        yield return Close("a close that waits for what nobody knows", "wait_for", r => r.WaitFor = (LeaseState)8);
    }

    private static IEnumerable<(string Name, string Field, Func<HostedGateway, Task> Send)> Reports()
    {
        yield return Report("a report on nothing", "lease_id", r => r.LeaseId = "");
        yield return Report("a report of no execution", "execution", r => r.Execution = Execution.Unspecified);
        yield return Report("a report of waiting", "execution", r => r.Execution = Execution.Wait);
        yield return Report("a report of what nobody knows", "execution", r => r.Execution = (Execution)17);
        yield return Report("a report of no time", "at", r => r.At = null);
        yield return Report("a report from the future", "at", r => r.At = In(TimeSpan.FromMinutes(6)));
        yield return Report("a report of long ago", "at", r => r.At = In(TimeSpan.FromDays(-36)));
        yield return Report("a report on a directive that is none", "directive_id", r => r.DirectiveId = "the last one");
        yield return Report("a report on a directive of no shard", "directive_id", r => r.DirectiveId = "64-1");
    }

    private static IEnumerable<(string Name, string Field, Func<HostedGateway, Task> Send)> Lists()
    {
        yield return List("a list of a payer that is none", "payer", r => r.Payer = "me");
        yield return List("a list in a token that is none", "token", r => r.Token = "DOGE");
        yield return List("a list of a payee that is none", "payee", r => r.Payee = "0x0");
        yield return List("a list of no state", "states[0]", r => r.States.Add(LeaseState.Unspecified));
        yield return List("a list of a state that nobody knows", "states[1]", r => r.States.Add([LeaseState.Active, (LeaseState)99]));
        yield return List("a list by too many labels", "labels", r => Enumerable.Range(0, 33).ToList().ForEach(i => r.Labels.Add($"l{i}", "")));
        yield return List("a page that is too large", "page_size", r => r.PageSize = 1001);
        yield return List("a page that is far too large", "page_size", r => r.PageSize = uint.MaxValue);
        yield return List("a page token that is none", "page_token", r => r.PageToken = "next");
        yield return List("a page token of another make", "page_token", r => r.PageToken = Convert.ToBase64String("o 99 x"u8));
        yield return List("a page token that is too long", "page_token", r => r.PageToken = new string('A', 4096));
    }

    private static IEnumerable<(string Name, string Field, Func<HostedGateway, Task> Send)> Others()
    {
        yield return ("a lease of no id", "lease_id", g => g.Leases.GetLeaseAsync(new GetLeaseRequest()));
        yield return ("a watch of a state that nobody knows", "states[0]", FirstLeaseAsync);
        yield return ("a cursor that is none", "cursor", g => FirstDirectiveAsync(g, "yesterday"));
        yield return ("a cursor that was cut off", "cursor", g => FirstDirectiveAsync(g, "AQID"));
        yield return ("a cursor that is too long", "cursor", g => FirstDirectiveAsync(g, new string('A', 2000)));
        yield return ("a history of nothing", "lease_id", g => g.Operations.ExplainLeaseAsync(new GetLeaseRequest { LeaseId = "?" }));
        yield return ("an isolation of nothing", "lease_id", g => g.Operations.IsolateLeaseAsync(new IsolateLeaseRequest()));
        yield return ("an isolation with a novel", "why", g => g.Operations.IsolateLeaseAsync(new IsolateLeaseRequest { LeaseId = "a", Why = new string('w', 513) }));
        yield return ("a release of nothing", "lease_id", g => g.Operations.ReleaseLeaseAsync(new ReleaseLeaseRequest()));
        yield return ("breakers of a state that nobody knows", "states[0]", g => g.Operations.ListBreakersAsync(new ListBreakersRequest { States = { (BreakerState)9 } }));
        yield return ("breakers on a page that is none", "page_token", g => g.Operations.ListBreakersAsync(new ListBreakersRequest { PageToken = "*" }));
    }

    private static (string Name, string Field, Func<HostedGateway, Task> Send) Open(string name, string field, Action<OpenLeaseRequest> spoil) =>
        (name, field, g => g.Leases.OpenLeaseAsync(Spoilt(Ask.Open(g, Payer, "malformed"), spoil)));

    private static (string Name, string Field, Func<HostedGateway, Task> Send) Quote(string name, string field, Action<QuoteLeaseRequest> spoil) =>
        (name, field, g => g.Leases.QuoteLeaseAsync(Spoilt(QuoteOf(Ask.Open(g, Payer, "malformed")), spoil)));

    private static (string Name, string Field, Func<HostedGateway, Task> Send) Update(string name, string field, Action<UpdateLeaseRequest> spoil) =>
        (name, field, g => g.Leases.UpdateLeaseAsync(Spoilt(new UpdateLeaseRequest { LeaseId = "malformed" }, spoil)));

    private static (string Name, string Field, Func<HostedGateway, Task> Send) Close(string name, string field, Action<CloseLeaseRequest> spoil) =>
        (name, field, g => g.Leases.CloseLeaseAsync(Spoilt(new CloseLeaseRequest { LeaseId = "malformed" }, spoil)));

    private static (string Name, string Field, Func<HostedGateway, Task> Send) Report(string name, string field, Action<ReportExecutionRequest> spoil) =>
        (name, field, g => g.Leases.ReportExecutionAsync(
            Spoilt(new ReportExecutionRequest { LeaseId = "malformed", Execution = Execution.Run, At = In(TimeSpan.Zero) }, spoil)));

    private static (string Name, string Field, Func<HostedGateway, Task> Send) List(string name, string field, Action<ListLeasesRequest> spoil) =>
        (name, field, g => g.Leases.ListLeasesAsync(Spoilt(new ListLeasesRequest(), spoil)));

    private static QuoteLeaseRequest QuoteOf(OpenLeaseRequest open) => new() { Payer = open.Payer, Token = open.Token, Price = open.Price, Payees = { open.Payees } };

    private static async Task FirstLeaseAsync(HostedGateway gateway)
    {
        using var call = gateway.Leases.WatchLeases(new ListLeasesRequest { States = { (LeaseState)99 } });
        await call.NextAsync(_ => true);
    }

    private static async Task FirstDirectiveAsync(HostedGateway gateway, string cursor)
    {
        using var call = gateway.Leases.WatchDirectives(new WatchDirectivesRequest { Cursor = cursor });
        await call.NextAsync(_ => true);
    }

    private static T Spoilt<T>(T request, Action<T> spoil)
    {
        spoil(request);
        return request;
    }

    private static Timestamp In(TimeSpan span) => Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow() + span);
}
