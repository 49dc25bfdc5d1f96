using System.Globalization;
using Gateway.Chain.Chains;
using Gateway.Domain.Money;

namespace Gateway.Server.Configuration;

internal sealed class ChainOptionsValidator() : SectionValidator<ChainOptions>(ChainOptions.Section)
{
    protected override void Check(ChainOptions options, OptionsProblems problems)
    {
        if (options.ChainId == 0)
            problems.Add(nameof(options.ChainId), "is required: 43114 for Avalanche C, 43113 for Fuji.");
        problems.InRange(nameof(options.RequestTimeout), options.RequestTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1));
        CheckEndpoints(options, problems);
        CheckContracts(options, problems);
        foreach (var (symbol, token) in options.Tokens)
        {
            problems.Address($"Tokens:{symbol}:Address", token.Address, required: true);
            if (token.WorthOfNativeWei is { } worth && (!TokenAmount.TryParse(worth, out var amount) || amount <= TokenAmount.Zero))
                problems.Add($"Tokens:{symbol}:WorthOfNativeWei", $"'{worth}' is not a positive amount in wei.");
        }

    }

    private static void CheckEndpoints(ChainOptions options, OptionsProblems problems)
    {
        if (options.Endpoints.Count == 0)
            problems.Add("Endpoints", "at least one is required.");

        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < options.Endpoints.Count; i++)
        {
            var endpoint = options.Endpoints[i];
            var key = string.Create(CultureInfo.InvariantCulture, $"Endpoints:{i}");
            problems.Url($"{key}:Url", endpoint.Url, "http", "https");
            if (!string.IsNullOrEmpty(endpoint.WebSocketUrl))
                problems.Url($"{key}:WebSocketUrl", endpoint.WebSocketUrl, "ws", "wss");
            if (endpoint.Name is { Length: > 0 } name && !names.Add(name))
                problems.Add($"{key}:Name", $"'{name}' is the name of another endpoint.");
        }
    }

    private static void CheckContracts(ChainOptions options, OptionsProblems problems)
    {
        var contracts = options.Contracts;
        // Another host, or a chain that nobody listed: then nothing of a known deployment holds.
        var ownDeployment = !string.IsNullOrWhiteSpace(contracts.Host) || (options.ChainId != 0 && Deployments.All.All(d => d.ChainId.Value != options.ChainId));
        problems.Address("Contracts:Host", contracts.Host, ownDeployment);
        problems.Address("Contracts:Cfa", contracts.Cfa, ownDeployment);
        problems.Address("Contracts:Gda", contracts.Gda, ownDeployment);
        problems.Address("Contracts:CfaForwarder", contracts.CfaForwarder, ownDeployment);
        if (ownDeployment && options.Tokens.Count == 0)
            problems.Add("Tokens", "at least one is required where the contracts are not those of a known chain.");
    }
}
