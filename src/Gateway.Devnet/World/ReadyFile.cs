using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Chain.Signing;
using Gateway.Devnet.Accounts;
using Gateway.Devnet.Contracts;
using Gateway.Domain.Identity;

namespace Gateway.Devnet.World;

/// <summary>devnet.json: where everything is, for whoever waits for it. It is there exactly while the devnet is up, and never half written.</summary>
internal sealed class ReadyFile(string path)
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true };

    public string Path { get; } = System.IO.Path.GetFullPath(path);

    public async Task WriteAsync(DevnetWorld world, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!); // A full path of a file has a folder.
        var unfinished = $"{Path}.{Guid.NewGuid():N}";
        await File.WriteAllTextAsync(unfinished, ContentOf(world).ToJsonString(Readable) + "\n", cancellationToken);
        File.Move(unfinished, Path, overwrite: true);
    }

    /// <summary>At the start too: that of a devnet which was killed would be taken for this one's.</summary>
    public void Remove() => File.Delete(Path);

    internal static JsonObject ContentOf(DevnetWorld world)
    {
        var chain = world.Chain;
        return new JsonObject
        {
            ["rpcUrl"] = UrlText.Of(chain.Anvil.Url),
            ["grpcUrl"] = UrlText.Of(world.GrpcUrl),
            ["httpUrl"] = UrlText.Of(world.HttpUrl),
            ["redis"] = world.Redis,
            ["chainId"] = chain.Deployment.ChainId.Value,
            ["operator"] = Text(chain.Accounts.Operator.Address),
            ["deployBlock"] = chain.Deployment.DeployBlock.Value,
            ["contracts"] = new JsonObject
            {
                ["host"] = Text(chain.Contracts.Host),
                ["cfa"] = Text(chain.Contracts.Cfa),
                ["gda"] = Text(chain.Contracts.Gda),
                ["cfaForwarder"] = Text(chain.Contracts.CfaForwarder),
                ["governance"] = Text(chain.Framework.Governance),
            },
            ["tokens"] = new JsonObject
            {
                [SuperTokens.AlephSymbol] = new JsonObject { ["address"] = Text(chain.Tokens.Aleph) },
                [SuperTokens.UsdcxSymbol] = new JsonObject
                {
                    ["address"] = Text(chain.Tokens.Usdcx),
                    ["underlying"] = Text(chain.Tokens.Usdc),
                    ["underlyingDecimals"] = SuperTokens.UsdcDecimals,
                },
                [SuperTokens.AvaxxSymbol] = new JsonObject { ["address"] = Text(chain.Tokens.Avaxx) },
            },
            ["gateway"] = new JsonObject
            {
                ["env"] = new JsonObject(GatewaySettings.AsEnvironment(GatewaySettings.Of(world)).Select(s => KeyValuePair.Create(s.Key, (JsonNode?)s.Value))),
            },
            ["accounts"] = new JsonArray([.. Accounts(chain.Accounts)]),
        };
    }

    private static IEnumerable<JsonNode> Accounts(DevAccounts accounts) =>
        ((DevAccount[])[.. accounts.Payers, .. accounts.Payees, accounts.Community]).Select(a => new JsonObject
        {
            ["role"] = a.Role,
            ["address"] = Text(a.Address),
            ["privateKey"] = a.PrivateKey.ToString(),
        });

    /// <summary>With the checksum that wallets want.</summary>
    private static string Text(Address address) => Eip55.Format(address);
}
