using System.CommandLine;
using Superfluid.Gateway.V1;

namespace Gateway.Server.Cli;

/// <summary><c>prices show</c>, <c>prices reload</c>, <c>prices reprice</c>.</summary>
internal static class PriceCommands
{
    public static Command Create() => new("prices", "The price list.") { Show(), Reload(), RepriceCommand.Create() };

    private static Command Show()
    {
        var (address, json) = (GatewayConnection.Address(), GatewayConnection.AsJson());
        var command = new Command("show", "The price list in force.") { address, json };
        command.SetAction((parsed, ct) => GatewayConnection.AskAsync(
            parsed.GetRequiredValue(address),
            parsed.GetValue(json),
            async client => await client.Operations.GetPricesAsync(new GetPricesRequest(), cancellationToken: ct),
            Tell));
        return command;
    }

    private static Command Reload()
    {
        var (address, json) = (GatewayConnection.Address(), GatewayConnection.AsJson());
        var command = new Command("reload", "Takes over what the file of the price list says now, without waiting for it to be found. Running leases keep their price.") { address, json };
        command.SetAction(async (parsed, ct) =>
        {
            var rejected = false;
            var exitCode = await GatewayConnection.AskAsync(
                parsed.GetRequiredValue(address),
                parsed.GetValue(json),
                async client =>
                {
                    var prices = await client.Operations.ReloadPricesAsync(new ReloadPricesRequest(), cancellationToken: ct);
                    rejected = prices.Problems.Count > 0;
                    return prices;
                },
                Tell);
            return exitCode == 0 && rejected ? GatewayConnection.BadNews : exitCode;
        });
        return command;
    }

    private static IEnumerable<string> Tell(Prices prices) =>
    [
        prices.Version.Length == 0
            ? "no price list is configured"
            : $"price list {prices.Version} is in force{(prices.Changed ? ", newly" : "")}: {string.Join(", ", prices.Plans)}",
        .. prices.Problems.Select(p => $"  its file is not used: {p}"),
    ];
}
