using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;
using Gateway.Chain.Signing;
using Google.Protobuf;
using Grpc.Net.Client;
using Xunit;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Tests.Web;

/// <summary>REST as a customer's program meets it.</summary>
public sealed class RestTests(ServedWorld served) : IClassFixture<ServedWorld>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Payer => Eip55.Format(served.World.Chain.Accounts.Payers[0].Address);

    private string Account => $"/v1/accounts/USDCx/{Payer}";

    [Fact]
    public async Task Answers_are_the_contracts_messages_in_their_json_form()
    {
        using var channel = GrpcChannel.ForAddress(served.World.GrpcUrl);
        var grpc = new Wire.AccountService.AccountServiceClient(channel);

        var tokens = await ReadAsync<Wire.ListTokensResponse>("/v1/tokens");
        var account = await ReadAsync<Wire.Account>(Account);
        var statement = await ReadAsync<Wire.Statement>($"{Account}/statement");

        Assert.Equal(await grpc.ListTokensAsync(new Wire.ListTokensRequest(), cancellationToken: Cancellation), tokens);
        var same = await grpc.GetAccountAsync(new Wire.GetAccountRequest { Token = "USDCx", Payer = Payer }, cancellationToken: Cancellation);
        // Another block may have come in between.
        (same.BlockNumber, same.ObservedAt) = (account.BlockNumber, account.ObservedAt);
        Assert.Equal(same, account);
        Assert.Equal(("0", "0", "0"), (statement.Used, statement.Streamed, statement.Carried));
    }

    [Fact]
    public async Task Prepared_transactions_are_those_of_grpc()
    {
        using var channel = GrpcChannel.ForAddress(served.World.GrpcUrl);
        var grpc = new Wire.AccountService.AccountServiceClient(channel);

        var grant = await PostAsync($"{Account}/authorization", "{}");
        var wrap = await PostAsync($"{Account}/top-up", """{"superTokenAmount":"2500000000000000000","authorize":true}""");

        var request = new Wire.PrepareAuthorizationRequest { Token = "USDCx", Payer = Payer };
        Assert.Equal((await grpc.PrepareAuthorizationAsync(request, cancellationToken: Cancellation)).Transactions, grant.Transactions);
        Assert.Equal(2, wrap.Transactions.Count);
        Assert.True(wrap.Expected.UnlimitedAllowance);
    }

    [Theory]
    [InlineData("""{"superTokenAmount":"-1"}""", "superTokenAmount")]
    [InlineData("""{"superTokenAmount":1}""", "superTokenAmount")]
    [InlineData("""{"superTokenAmount":"1","superTokenAmount":"2"}""", "superTokenAmount")]
    [InlineData("""{"superTokenAmount":"1","targetRunway":"5s"}""", "amount")]
    [InlineData("""{"targetRunway":"a month"}""", "targetRunway")]
    [InlineData("""{"targetRunway":"0s"}""", "targetRunway")]
    [InlineData("""{}""", "amount")]
    [InlineData("""{"amount":"1"}""", "amount")]
    [InlineData("""[]""", "body")]
    [InlineData("""{"superTokenAmount":""", "superTokenAmount")]
    [InlineData("null", "body")]
    public async Task What_is_wrong_with_a_request_is_named_by_its_field(string body, string field)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var answer = await served.Http.PostAsync(Path($"{Account}/top-up"), content, Cancellation);

        var problem = await ProblemOfAsync(answer, HttpStatusCode.BadRequest);
        Assert.Equal(("INVALID_REQUEST", field), ($"{problem["reason"]}", $"{problem["field"]}"));
    }

    [Fact]
    public async Task A_body_that_is_no_json_or_too_much_of_it_is_refused()
    {
        using var form = new FormUrlEncodedContent([]);
        using var plain = await served.Http.PostAsync(Path($"{Account}/top-up"), form, Cancellation);
        using var nothing = await served.Http.PostAsync(Path($"{Account}/top-up"), content: null, Cancellation);
        using var much = new StringContent($$"""{"superTokenAmount":"{{new string('1', 20_000)}}"}""", System.Text.Encoding.UTF8, "application/json");
        using var tooMuch = await served.Http.PostAsync(Path($"{Account}/top-up"), much, Cancellation);

        Assert.Equal("body", $"{(await ProblemOfAsync(plain, HttpStatusCode.UnsupportedMediaType))["field"]}");
        Assert.Equal("body", $"{(await ProblemOfAsync(nothing, HttpStatusCode.BadRequest))["field"]}");
        Assert.Equal("body", $"{(await ProblemOfAsync(tooMuch, HttpStatusCode.BadRequest))["field"]}");
    }

    [Fact]
    public async Task What_is_no_route_is_told_like_everything_else()
    {
        using var answer = await served.Http.GetAsync(Path("/v1/nothing"), Cancellation);

        Assert.Equal("INVALID_REQUEST", $"{(await ProblemOfAsync(answer, HttpStatusCode.NotFound))["reason"]}");
    }

    [Fact]
    public async Task A_refusal_says_what_it_takes_and_what_there_is()
    {
        using var answer = await served.Http.PostAsJsonAsync(Path($"{Account}/top-up"), new Dictionary<string, string> { ["superTokenAmount"] = "1000000" + new string('0', 18) }, Cancellation);

        var problem = await ProblemOfAsync(answer, HttpStatusCode.UnprocessableEntity);
        Assert.Equal(("REASON_INSUFFICIENT_BALANCE", "1000000000000", "100000000000"), ($"{problem["reason"]}", $"{problem["required"]}", $"{problem["present"]}"));
    }

    [Theory]
    [InlineData("/v1/accounts/NONE/0xd196CA59Df603618563578d11BC74FEFDf6F2DDA", "token")]
    [InlineData("/v1/accounts/ALEPH/0x12", "payer")]
    [InlineData("/v1/accounts/ALEPH/0x12/events", "payer")]
    [InlineData("/v1/accounts/ALEPH/0xd196CA59Df603618563578d11BC74FEFDf6F2DDA/statement?from=yesterday", "from")]
    [InlineData("/v1/accounts/ALEPH/0xd196CA59Df603618563578d11BC74FEFDf6F2DDA/statement.csv?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "to")]
    [InlineData("/v1/accounts/ALEPH/0xd196CA59Df603618563578d11BC74FEFDf6F2DDA/leases?ended=true&pageToken=x", "pageToken")]
    public async Task A_path_that_makes_no_sense_is_refused_likewise(string path, string field)
    {
        using var answer = await served.Http.GetAsync(Path(path), Cancellation);

        Assert.Equal(field, $"{(await ProblemOfAsync(answer, HttpStatusCode.BadRequest))["field"]}");
    }

    [Fact]
    public async Task Events_begin_with_the_account_as_it_is()
    {
        using var answer = await served.Http.GetAsync(Path($"{Account}/events"), HttpCompletionOption.ResponseHeadersRead, Cancellation);
        await using var stream = await answer.Content.ReadAsStreamAsync(Cancellation);

        await using var events = SseParser.Create(stream).EnumerateAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        Assert.True(await events.MoveNextAsync());
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal("account", events.Current.EventType);
        Assert.Equal(Payer, JsonParser.Default.Parse<Wire.Account>(events.Current.Data).Payer);
    }

    [Fact]
    public async Task A_statement_is_a_table_too()
    {
        using var answer = await served.Http.GetAsync(Path($"{Account}/statement.csv"), Cancellation);
        var lines = (await answer.Content.ReadAsStringAsync(Cancellation)).Split("\r\n");

        Assert.Equal("text/csv", answer.Content.Headers.ContentType?.MediaType);
        Assert.StartsWith("kind,lease_id,vm_id,payee,flow_rate,from,to,running_time,used,streamed,carried,transaction,", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("total,", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_statement_is_a_page_to_print_too_and_runs_nothing()
    {
        foreach (var path in (string[])[$"/statement/USDCx/{Payer}", $"/statement/payee/USDCx/{Payer}"])
        {
            using var answer = await served.Http.GetAsync(Path(path), Cancellation);
            var html = await answer.Content.ReadAsStringAsync(Cancellation);

            Assert.Equal("text/html", answer.Content.Headers.ContentType?.MediaType);
            Assert.Contains(Payer, html, StringComparison.Ordinal);
            Assert.Contains("<table id=\"total\">", html, StringComparison.Ordinal);
            Assert.DoesNotContain("<script", html, StringComparison.Ordinal);
            Assert.Contains("default-src 'none'", string.Concat(answer.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        }

        using var style = await served.Http.GetAsync(Path("/assets/statement.css"), Cancellation);
        Assert.Contains("@media print", await style.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_keeps_a_copy_of_what_is_of_the_moment()
    {
        using var answer = await served.Http.GetAsync(Path(Account), Cancellation);

        Assert.True(answer.Headers.CacheControl?.NoStore);
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
    }

    private static Uri Path(string path) => new(path, UriKind.Relative);

    private static async Task<JsonNode> ProblemOfAsync(HttpResponseMessage answer, HttpStatusCode status)
    {
        Assert.Equal((status, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        var problem = (await answer.Content.ReadFromJsonAsync<JsonNode>(Cancellation))!;
        Assert.Equal((int)status, (int)problem["status"]!);
        return problem;
    }

    private async Task<T> ReadAsync<T>(string path)
        where T : class, IMessage, new() => JsonParser.Default.Parse<T>(await served.Http.GetStringAsync(Path(path), Cancellation));

    private async Task<Wire.PreparedTransactions> PostAsync(string path, string body)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var answer = await served.Http.PostAsync(Path(path), content, Cancellation);
        return JsonParser.Default.Parse<Wire.PreparedTransactions>(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync(Cancellation));
    }
}
