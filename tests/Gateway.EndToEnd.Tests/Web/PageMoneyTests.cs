using System.Text.Json;
using Gateway.EndToEnd.Tests.Gateways;
using Xunit;

namespace Gateway.EndToEnd.Tests.Web;

/// <summary>The page's arithmetic by itself: it needs no browser.</summary>
public sealed class PageMoneyTests
{
    [Fact]
    public async Task What_the_page_shows_is_never_more_than_there_is_and_exact_where_it_is_whole()
    {
        var output = await NodeClient.RunAsync("money.mjs", [], TestContext.Current.CancellationToken);

        using var told = JsonDocument.Parse(output);
        Assert.True(told.RootElement.GetProperty("checked").GetInt32() >= 15_000);
    }
}
