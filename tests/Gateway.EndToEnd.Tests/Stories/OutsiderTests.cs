using System.Text.Json;
using Gateway.EndToEnd.Tests.Gateways;
using Xunit;

namespace Gateway.EndToEnd.Tests.Stories;

/// <summary>A scheduler and wallets in another language, generated from the proto, against the whole gateway on the real contracts.</summary>
public sealed class OutsiderTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    [Theory]
    [InlineData("leases")]
    [InlineData("identical")]
    [InlineData("disruption")]
    [InlineData("revocation")]
    [InlineData("prepared")]
    public async Task The_contract_holds_for_a_client_in_another_language(string scenario)
    {
        var output = await NodeClient.RunAsync("scenarios.mjs", [gateway.ReadyFile, scenario], TestContext.Current.CancellationToken);

        using var told = JsonDocument.Parse(output);
        Assert.Equal(scenario, told.RootElement.GetProperty("scenario").GetString());
        Assert.True(told.RootElement.GetProperty("ok").GetBoolean());
    }
}
