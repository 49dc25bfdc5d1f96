using System.Text.Json;
using Gateway.EndToEnd.Tests.Gateways;
using Xunit;

namespace Gateway.EndToEnd.Tests.Web;

/// <summary>The customer's page in a real browser, with a wallet that signs for the real chain, on the whole gateway.</summary>
public sealed class CustomerPageTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    [Theory]
    [InlineData("customer")]
    [InlineData("live")]
    [InlineData("dry")]
    [InlineData("statement")]
    [InlineData("careful")]
    public async Task A_customer_sees_and_signs_in_a_real_browser_what_the_chain_then_has(string scenario)
    {
        // On a machine that has none this is all that can be said; .ci/run brings one, and fails on a skipped test.
        Assert.SkipUnless(Browser.Find() is not null, "There is no chromium on the path: the page was not tested.");

        var output = await NodeClient.RunAsync("page.mjs", [gateway.ReadyFile, Browser.Find()!, scenario], TestContext.Current.CancellationToken);

        using var told = JsonDocument.Parse(output);
        Assert.Equal(scenario, told.RootElement.GetProperty("scenario").GetString());
        Assert.True(told.RootElement.GetProperty("ok").GetBoolean());
    }
}
