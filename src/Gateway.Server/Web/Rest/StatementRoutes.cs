using System.Text;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Leases.Errors;
using Gateway.Server.Web.Page;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Http.HttpResults;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Web.Rest;

/// <summary>Statements, as JSON and as a table for spreadsheets.</summary>
internal static class StatementRoutes
{
    public static void MapStatementRoutes(this IEndpointRouteBuilder account)
    {
        account.MapGet("/statement", GetAsync).WithName("GetStatement")
            .WithSummary("What was used, streamed and carried on between two instants (RFC 3339) or in a period (2026-11); without them as far as there is anything.").CanFail();
        account.MapGet("/statement.csv", GetTableAsync).WithName("GetStatementTable").WithSummary("The same as comma-separated values (RFC 4180).")
            .Produces<string>(StatusCodes.Status200OK, "text/csv").CanFail();
    }

    public static void MapPayeeStatementRoutes(this IEndpointRouteBuilder payee)
    {
        payee.MapGet("/statement", GetOfPayeeAsync).WithName("GetPayeeStatement")
            .WithSummary("What a payee earned, from whom, for which VM, between two instants (RFC 3339) or in a period (2026-11).").CanFail();
        payee.MapGet("/statement.csv", GetTableOfPayeeAsync).WithName("GetPayeeStatementTable").WithSummary("The same as comma-separated values (RFC 4180).")
            .Produces<string>(StatusCodes.Status200OK, "text/csv").CanFail();
    }

    /// <summary>For people, and for paper: without a script.</summary>
    public static void MapStatementPages(this IEndpointRouteBuilder app)
    {
        var pages = app.MapGroup("/statement").AddEndpointFilter<RestErrors>().ExcludeFromDescription();
        pages.MapGet("/{token}/{payer}", ShowAsync);
        pages.MapGet("/payee/{token}/{payee}", ShowOfPayeeAsync);
    }

    private static async Task<ContentHttpResult> ShowAsync(
        HttpContext context, string token, string payer, StatementDesk desk, CancellationToken cancellationToken, string? from = null, string? to = null, string? period = null) =>
        Page(context, StatementPage.Write(await desk.GetAsync(Request(token, payer, from, to, period), cancellationToken)));

    private static async Task<ContentHttpResult> ShowOfPayeeAsync(
        HttpContext context, string token, string payee, PayeeStatementDesk desk, CancellationToken cancellationToken, string? from = null, string? to = null, string? period = null) =>
        Page(context, StatementPage.Write(await desk.GetAsync(RequestOfPayee(token, payee, from, to, period), cancellationToken)));

    private static ContentHttpResult Page(HttpContext context, string html)
    {
        PageRoutes.Guard(context.Response.Headers);
        return TypedResults.Content(html, "text/html; charset=utf-8");
    }

    private static async Task<Ok<StatementDto>> GetAsync(
        string token, string payer, StatementDesk desk, CancellationToken cancellationToken, string? from = null, string? to = null, string? period = null) =>
        TypedResults.Ok((await desk.GetAsync(Request(token, payer, from, to, period), cancellationToken)).ToDto());

    private static async Task<FileContentHttpResult> GetTableAsync(
        string token, string payer, StatementDesk desk, CancellationToken cancellationToken, string? from = null, string? to = null, string? period = null)
    {
        var statement = await desk.GetAsync(Request(token, payer, from, to, period), cancellationToken);
        return Table(StatementTable.Write(statement), $"statement-{statement.Token}-{statement.Payer}.csv");
    }

    private static async Task<Ok<PayeeStatementDto>> GetOfPayeeAsync(
        string token, string payee, PayeeStatementDesk desk, CancellationToken cancellationToken, string? from = null, string? to = null, string? period = null) =>
        TypedResults.Ok((await desk.GetAsync(RequestOfPayee(token, payee, from, to, period), cancellationToken)).ToDto());

    private static async Task<FileContentHttpResult> GetTableOfPayeeAsync(
        string token, string payee, PayeeStatementDesk desk, CancellationToken cancellationToken, string? from = null, string? to = null, string? period = null)
    {
        var statement = await desk.GetAsync(RequestOfPayee(token, payee, from, to, period), cancellationToken);
        return Table(StatementTable.Write(statement), $"statement-{statement.Token}-to-{statement.Payee}.csv");
    }

    private static FileContentHttpResult Table(string text, string name) => TypedResults.File(Encoding.UTF8.GetBytes(text), "text/csv; charset=utf-8", name);

    private static Wire.GetStatementRequest Request(string token, string payer, string? from, string? to, string? period) =>
        new() { Token = token, Payer = payer, From = Time("from", from), To = Time("to", to), Period = period ?? "" };

    private static Wire.GetPayeeStatementRequest RequestOfPayee(string token, string payee, string? from, string? to, string? period) =>
        new() { Token = token, Payee = payee, From = Time("from", from), To = Time("to", to), Period = period ?? "" };

    private static Timestamp? Time(string field, string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        return ProtoJson.TryParse<Timestamp>(text, out var time) ? time : throw new InvalidRequestException(field, "must be RFC 3339, as in 2026-12-01T00:00:00Z.");
    }
}
