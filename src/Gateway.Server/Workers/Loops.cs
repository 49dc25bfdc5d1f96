using Gateway.Server.Payees;
using Gateway.Server.Pricing;
using Gateway.Server.Resilience;
using Gateway.Server.Webhooks;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Workers;

/// <summary>Every loop there is, in one place: one that stopped is missed, and so is one that never began.</summary>
/// <remarks>Names are fixed: they are tags of metrics, and what whoever is on call reads.</remarks>
internal sealed class Loops(IReadOnlyList<string> expected)
{
    /// <summary>Compares the chain with the configuration, and reads what governance may change.</summary>
    public const string Chain = "chain";

    /// <summary>Looks at accounts whose deadline has come.</summary>
    public const string Deadlines = "deadlines";

    /// <summary>Hears what other replicas changed.</summary>
    public const string Hints = "hints";

    /// <summary>Moves flow ledgers on.</summary>
    public const string Ledgers = "ledgers";

    /// <summary>Looks at accounts that a request has asked for.</summary>
    public const string Looks = "looks";

    /// <summary>Reads the payee directory, where one is configured.</summary>
    public const string Payees = "payees";

    /// <summary>Looks for a new price list, where one is configured.</summary>
    public const string Prices = "prices";

    /// <summary>Asks what tokens are worth in dollars, where sources are configured.</summary>
    public const string UsdPrices = "usd prices";

    /// <summary>Brings leases back from the chain after a loss.</summary>
    public const string Rebuild = "rebuild";

    /// <summary>Asks every endpoint again for logs.</summary>
    public const string Rescan = "rescan";

    /// <summary>Sends what is due; leads the lane, or tries to.</summary>
    public const string Settlement = "settlement";

    /// <summary>Notices where nobody follows the chain, or looks at accounts that are due.</summary>
    public const string Stall = "stall";

    /// <summary>Follows the chain.</summary>
    public const string Watcher = "watcher";

    /// <summary>Tells events by HTTP, where a receiver is configured.</summary>
    public const string Webhooks = "webhooks";

    /// <summary>One for each scheduler that watches directives: hands them over, and again until they are reported on. There need not be one.</summary>
    public const string Directives = "directives";

    /// <summary>Polls one endpoint for new blocks.</summary>
    public static string HeadsOf(string endpoint) => "heads " + endpoint;

    /// <summary>Those that must run here.</summary>
    public IReadOnlyList<string> Expected { get; } = expected;

    public static Loops Of(RpcPool rpc, IOptions<WebhookOptions> webhooks, IOptions<PricesOptions> prices, IOptions<PayeeDirectoryOptions> payees) => new(
    [
        Chain, Deadlines, Hints, Ledgers, Looks, Rebuild, Rescan, Settlement, Stall, Watcher,
        .. payees.Value.IsOn ? [Payees] : Array.Empty<string>(),
        .. prices.Value.IsOn ? [Prices] : Array.Empty<string>(),
        .. prices.Value.Usd.Count > 0 ? [UsdPrices] : Array.Empty<string>(),
        .. webhooks.Value.IsOn ? [Webhooks] : Array.Empty<string>(),
        .. rpc.Endpoints.Select(e => HeadsOf(e.Name)),
    ]);
}
