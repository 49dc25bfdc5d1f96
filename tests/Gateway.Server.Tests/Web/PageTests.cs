using System.Net;
using System.Text.RegularExpressions;
using Xunit;

namespace Gateway.Server.Tests.Web;

/// <summary>How the page is served, and that its description is what is committed.</summary>
public sealed partial class PageTests(ServedWorld served) : IClassFixture<ServedWorld>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/")]
    [InlineData("/account/ALEPH/0xd196CA59Df603618563578d11BC74FEFDf6F2DDA")]
    public async Task The_page_and_all_that_it_names_come_from_here_under_a_strict_policy(string path)
    {
        using var page = await GetAsync(path);
        Assert.Equal("text/html", page.Content.Headers.ContentType?.MediaType);
        var html = await page.Content.ReadAsStringAsync(Cancellation);
        Assert.DoesNotContain("style=", html, StringComparison.Ordinal);
        Assert.DoesNotContain("onclick", html, StringComparison.OrdinalIgnoreCase);

        var pending = new Queue<string>(Links().Matches(html).Select(m => m.Groups["path"].Value).Distinct());
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (pending.TryDequeue(out var asset))
        {
            if (!seen.Add(asset))
                continue;
            using var answer = await GetAsync(asset);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            foreach (Match import in Imports().Matches(await answer.Content.ReadAsStringAsync(Cancellation)))
                pending.Enqueue($"/assets/{import.Groups["name"].Value}");
        }

        Assert.Contains("/assets/page.js", seen);
        Assert.Contains("/assets/money.js", seen);
        var policy = page.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("http", policy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_has_not_changed_is_not_sent_again()
    {
        using var first = await GetAsync("/assets/page.css");
        using var again = new HttpRequestMessage(HttpMethod.Get, "/assets/page.css");
        again.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using var second = await served.Http.SendAsync(again, Cancellation);

        Assert.True(first.Headers.CacheControl?.NoCache);
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
    }

    [Theory]
    [InlineData("/assets/none.js")]
    [InlineData("/assets/..%2Fappsettings.json")]
    [InlineData("/account")]
    public async Task What_is_not_there_is_not_found(string path)
    {
        using var answer = await GetAsync(path);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task The_committed_description_of_rest_is_what_is_served()
    {
        var committed = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "openapi.json"), Cancellation);
        var now = await Served("/openapi/v1.json");

        // After a change that is meant: fetch /openapi/v1.json into src/Gateway.Server/Web/openapi.json.
        Assert.Equal(committed.TrimEnd(), now.TrimEnd());
    }

    private async Task<string> Served(string path)
    {
        using var answer = await GetAsync(path);
        return await answer.Content.ReadAsStringAsync(Cancellation);
    }

    private Task<HttpResponseMessage> GetAsync(string path) => served.Http.GetAsync(new Uri(path, UriKind.Relative), Cancellation);

    [GeneratedRegex("(src|href)=\"(?<path>/[^\"]*)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Links();

    [GeneratedRegex("from '\\./(?<name>[^']+)'", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Imports();
}
