namespace Gateway.Devnet.World;

/// <summary>The configuration with which a gateway belongs to a devnet.</summary>
internal static class GatewaySettings
{
    /// <summary>Keys as .NET configuration has them, with ':' between their parts.</summary>
    public static IReadOnlyDictionary<string, string?> Of(DevnetWorld world)
    {
        var chain = world.Chain;
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Gateway:Chain:ChainId"] = chain.Deployment.ChainId.ToString(),
            ["Gateway:Chain:Endpoints:0:Url"] = UrlText.Of(chain.Anvil.Url),
            ["Gateway:Chain:Endpoints:0:WebSocketUrl"] = UrlText.Of(chain.Anvil.WebSocketUrl),
            ["Gateway:Chain:Endpoints:0:Name"] = "anvil",
            ["Gateway:Chain:Contracts:Host"] = chain.Contracts.Host.ToString(),
            ["Gateway:Chain:Contracts:Cfa"] = chain.Contracts.Cfa.ToString(),
            ["Gateway:Chain:Contracts:Gda"] = chain.Contracts.Gda.ToString(),
            ["Gateway:Chain:Contracts:CfaForwarder"] = chain.Contracts.CfaForwarder.ToString(),
            ["Gateway:Chain:Contracts:Governance"] = chain.Framework.Governance.ToString(),
            ["Gateway:Chain:DeployBlock"] = chain.Deployment.DeployBlock.ToString(),
            ["Gateway:Operator:PrivateKey"] = chain.Accounts.Operator.PrivateKey.ToString(),
            ["Gateway:Redis:Connection"] = world.Redis,
            ["Gateway:Grpc:Url"] = UrlText.Of(world.GrpcUrl),
            ["Gateway:Http:Url"] = UrlText.Of(world.HttpUrl),
        };
        foreach (var token in chain.Deployment.Tokens)
            settings[$"Gateway:Chain:Tokens:{token.Symbol}:Address"] = token.Address.ToString();
        return settings;
    }

    /// <summary>The same as environment variables, in which no ':' may stand.</summary>
    public static IReadOnlyDictionary<string, string?> AsEnvironment(IReadOnlyDictionary<string, string?> settings) =>
        settings.ToDictionary(s => s.Key.Replace(":", "__", StringComparison.Ordinal), s => s.Value, StringComparer.Ordinal);
}
