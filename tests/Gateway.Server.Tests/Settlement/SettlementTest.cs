using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Server.Configuration;
using Gateway.Server.Settlement;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Storage;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

/// <summary>One lane on a real Redis and a simulated chain, with leases that the real account machine decides.</summary>
public abstract class SettlementTest(StorageKind kind) : LaneTest(kind)
{
    private protected static readonly Address Node = Given.Address(0xb0);
    private protected static readonly Address Community = Given.Address(0xc0);

    private readonly List<LaneProcess> _processes = [];

    private protected SimulatedChain Chain { get; private set; } = new(Given.Address(0x0f));

    /// <summary>Nothing waits for others, unless a test is about that.</summary>
    private protected SettlementOptions Settings { get; } = new() { CoalescingWindow = TimeSpan.Zero };

    private protected SimulatedAccounts Accounts { get; private set; } = null!; // Set before the test runs.

    private protected AccountStore Store => new(Redis);

    private protected LanePorts Ports => new(Chain, Chain, new LaneAccounts(new FlowMarks(Redis), Store, Accounts), Lane, Time);

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Accounts = new SimulatedAccounts(Store, Chain, Time);
    }

    /// <summary>An empty Redis and a new chain.</summary>
    private protected async Task StartAgainAsync()
    {
        foreach (var server in Admin.GetServers())
            await server.FlushAllDatabasesAsync();
        Chain = new SimulatedChain(Given.Address(0x0f));
        Accounts = new SimulatedAccounts(Store, Chain, Time);
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
            await process.DisposeAsync();
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>A process that leads at once, as if the claim of the one before had run out.</summary>
    private protected async Task<LaneProcess> StartAsync(LanePorts? ports = null)
    {
        await Database.KeyDeleteAsync(Keys.Leader);
        var process = new LaneProcess(ports ?? Ports, Settings);
        _processes.Add(process);
        return process;
    }

    private protected static AccountKey AccountOf(int payer) => new(Given.Token, Given.Address(payer));

    private protected static FlowKey FlowOf(int payer, Address payee) => new(Given.Token, Given.Address(payer), payee);

    /// <summary>Opens a lease: four fifths to its node, the rest to the community.</summary>
    private protected Task OpenAsync(string id, int payer, long rate, Address? node = null, string? trace = null)
    {
        var lease = Given.Lease(id, AccountOf(payer)) with
        {
            Rate = Given.Rate(rate),
            TraceParent = trace,
            Payees = [new Payee(node ?? Node, SharePpm.FromPpm(800_000), "node"), new Payee(Community, SharePpm.FromPpm(200_000), "community")],
        };
        return OpenAsync(lease);
    }

    private protected async Task OpenAsync(Lease lease)
    {
        var head = await Chain.HeadAsync(Cancellation);
        var seen = await Chain.LookAsync(lease.Account, [.. lease.Payees.Select(p => p.Address)], head.Block, Cancellation);
        await Accounts.ChangeAsync(lease.Account, book => AccountMachine.Open(book, lease, seen), Cancellation);
    }

    private protected Task ResizeAsync(string id, int payer, long rate) => Accounts.ChangeAsync(
        AccountOf(payer),
        book => AccountMachine.Update(book, LeaseId.Parse(id), new LeaseChange(Given.Rate(rate), Priority: null, PausedRate: null, Time.GetUtcNow(), TraceParent: null)),
        Cancellation);

    private protected Task CloseLeaseAsync(string id, int payer) => Accounts.ChangeAsync(
        AccountOf(payer), book => AccountMachine.Close(book, LeaseId.Parse(id), Time.GetUtcNow(), traceParent: null), Cancellation);

    private protected async Task<Lease> LeaseAsync(string id, int payer) =>
        await Store.FindLeaseAsync(AccountOf(payer), LeaseId.Parse(id), Cancellation) ?? throw new InvalidOperationException($"There is no lease {id}.");

    /// <summary>Steps and blocks in turn until nothing is left to do.</summary>
    private protected async Task SettleAsync(LaneProcess process, int most = 40)
    {
        for (var i = 0; i < most; i++)
        {
            var result = await process.StepAsync(Cancellation);
            if (result == StepResult.Idle && await IsCleanAsync())
                return;
            Chain.Mine();
        }

        Assert.Fail($"Not settled after {most} steps: {string.Join(", ", process.Troubles)}");
    }

    private protected async Task<bool> IsCleanAsync() =>
        await Database.SortedSetLengthAsync(Keys.Dirty) + await Database.SortedSetLengthAsync(Keys.Ready) + await Database.SortedSetLengthAsync(Keys.Slots) == 0
        && (await new FlowMarks(Redis).ReadAsync(Cancellation)).Count == 0;

    private protected void AssertPaid(int payer, long node, long community)
    {
        Assert.Equal(Given.Rate(node), Chain.RateOf(FlowOf(payer, Node)));
        Assert.Equal(Given.Rate(community), Chain.RateOf(FlowOf(payer, Community)));
    }

    /// <summary>Rates of a flow in the order in which our transactions made them.</summary>
    private protected IEnumerable<long> HistoryOf(int payer, Address payee) =>
        Chain.History.GetValueOrDefault(FlowOf(payer, payee), []).Select(r => (long)r.WeiPerSecond);

    private protected async Task<OpenSlot> OnlySlotAsync() => Assert.Single(await Lane.OpenSlotsAsync(Cancellation));
}
