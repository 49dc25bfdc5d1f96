using Gateway.Chain.Signing;
using Gateway.Domain.Identity;
using Gateway.Server.Tests.Hosting;
using Google.Protobuf.WellKnownTypes;
using Superfluid.Gateway.V1;
using Xunit;

namespace Gateway.Server.Tests.Pricing;

/// <summary>A gateway with a price list of its own, beside the hosted one and on its Redis.</summary>
public sealed class PricedGateway(HostedGateway hosted) : IAsyncLifetime
{
    private Replica? _gateway;

    internal HostedGateway Hosted { get; } = hosted;

    internal Replica Gateway => _gateway ?? throw new InvalidOperationException("Not started yet.");

    /// <summary>Where its price list is.</summary>
    internal string File { get; private set; } = "";

    /// <summary>Tokens of the hosted gateway's chain that its list has prices in.</summary>
    internal static string[] Tokens { get; } = ["ALEPH", "USDCx", "AVAXx"];

    public async ValueTask InitializeAsync()
    {
        // Other tests' lists have the same versions.
        await using (var redis = await StackExchange.Redis.ConnectionMultiplexer.ConnectAsync(Hosted.World.Redis))
            await redis.GetDatabase().KeyDeleteAsync(Server.Storage.RedisKeys.PriceLists);
        File = PriceFiles.Write(List("v1"));
        _gateway = await StartAsync(File);
    }

    public async ValueTask DisposeAsync()
    {
        if (_gateway is not null)
            await _gateway.DisposeAsync();
        Directory.Delete(Path.GetDirectoryName(File)!, recursive: true);
    }

    internal string List(string version, string unit = "0.055") => PriceFiles.Of(version, unit, Hosted.Community, Tokens);

    /// <summary>Another one, whose list nobody else reads.</summary>
    internal Task<Replica> StartAsync(string file, string poll = "01:00:00", params IEnumerable<KeyValuePair<string, string?>> settings) =>
        Hosted.StartReplicaAsync([new("Gateway:Prices:File", file), new("Gateway:Prices:PollInterval", poll), .. settings]);

    internal OpenLeaseRequest Open(Address payer, string id, string token = "ALEPH", params (string Unit, string Quantity)[] quantities) => new()
    {
        LeaseId = id,
        VmId = "vm-" + id,
        Payer = Eip55.Format(payer),
        Token = token,
        Price = PriceOf(quantities),
        Node = Eip55.Format(Hosted.Node),
        WaitFor = LeaseState.Active,
        WaitAtMost = Duration.FromTimeSpan(TimeSpan.FromSeconds(60)),
    };

    internal static Price PriceOf(params (string Unit, string Quantity)[] quantities)
    {
        var resources = new Resources { Plan = "instance" };
        foreach (var (unit, quantity) in quantities)
            resources.Quantities.Add(unit, quantity);
        return new Price { Resources = resources };
    }

    internal static QuoteLeaseRequest QuoteOf(OpenLeaseRequest open) => new()
    {
        Payer = open.Payer,
        Token = open.Token,
        Price = open.Price,
        Payees = { open.Payees },
        Node = open.Node,
    };
}
