using Gateway.Server.Accounts;
using Gateway.Server.Leases.Errors;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Web.Rest;

/// <summary>The account service over REST.</summary>
internal static class AccountRoutes
{
    public static void MapAccountRoutes(this IEndpointRouteBuilder app)
    {
        var v1 = app.MapGroup("/v1").AddEndpointFilter<RestErrors>().WithTags("Accounts");
        v1.MapGet("/tokens", ListTokensAsync).WithName("ListTokens").WithSummary("The super tokens that this gateway pays in.").CanFail();

        var account = v1.MapGroup("/accounts/{token}/{payer}");
        account.MapGet("", GetAccountAsync).WithName("GetAccount").WithSummary("Balance, buffer, runway and permissions, as the newest executed block shows them.").CanFail();
        account.MapGet("/events", WatchAccountAsync).WithName("WatchAccount")
            .WithSummary("Server-sent events of type \"account\", each an Account: one at once, then whenever it changes.")
            .Produces<AccountDto>(StatusCodes.Status200OK, "text/event-stream").CanFail();
        account.MapGet("/leases", ListLeasesAsync).WithName("ListAccountLeases").WithSummary("Its leases, with reasons in plain words.").CanFail();
        account.MapPost("/authorization", PrepareAuthorizationAsync).WithName("PrepareAuthorization")
            .WithSummary("Transactions by which the payer grants or revokes the gateway's permissions.").Takes<AuthorizationRequestDto>().CanFail();
        account.MapPost("/top-up", PrepareTopUpAsync).WithName("PrepareTopUp")
            .WithSummary("Transactions that bring more of the token onto the account.").Takes<TopUpRequestDto>().CanFail();
        account.MapStatementRoutes();
        v1.MapGroup("/payees/{token}/{payee}").MapPayeeStatementRoutes();
    }

    /// <summary>Problem documents, whatever goes wrong.</summary>
    public static RouteHandlerBuilder CanFail(this RouteHandlerBuilder route) => route
        .Produces<ProblemDto>(StatusCodes.Status400BadRequest, ProblemDto.ContentType)
        .Produces<ProblemDto>(StatusCodes.Status422UnprocessableEntity, ProblemDto.ContentType)
        .Produces<ProblemDto>(StatusCodes.Status503ServiceUnavailable, ProblemDto.ContentType);

    private static RouteHandlerBuilder Takes<TBody>(this RouteHandlerBuilder route)
        where TBody : notnull => route.Accepts<TBody>("application/json").WithMetadata(new RequestSizeLimitAttribute(RequestBody.MostBytes));

    private static async Task<Ok<TokensDto>> ListTokensAsync(AccountDesk desk, CancellationToken cancellationToken) =>
        TypedResults.Ok((await desk.ListTokensAsync(cancellationToken)).ToDto());

    private static async Task<Ok<AccountDto>> GetAccountAsync(string token, string payer, AccountDesk desk, CancellationToken cancellationToken)
    {
        var account = await desk.GetAccountAsync(new Wire.GetAccountRequest { Token = token, Payer = payer }, cancellationToken);
        return TypedResults.Ok(account.ToDto());
    }

    private static Task<IResult> WatchAccountAsync(string token, string payer, AccountEvents events, CancellationToken cancellationToken) =>
        events.StartAsync(token, payer, cancellationToken);

    private static async Task<Ok<LeasesDto>> ListLeasesAsync(
        string token, string payer, AccountLeases leases, CancellationToken cancellationToken, bool ended = false, string? pageToken = null) =>
        TypedResults.Ok(ended ? await leases.EndedAsync(token, payer, pageToken, cancellationToken) : await leases.OpenAsync(token, payer, cancellationToken));

    private static async Task<Ok<PreparedTransactionsDto>> PrepareAuthorizationAsync(
        string token, string payer, HttpRequest request, AccountDesk desk, CancellationToken cancellationToken)
    {
        var body = await RequestBody.ReadAsync(request, RestJson.Default.AuthorizationRequestDto, cancellationToken);
        var wish = new Wire.PrepareAuthorizationRequest { Token = token, Payer = payer, FlowRateAllowance = body.FlowRateAllowance ?? "", Revoke = body.Revoke };
        return TypedResults.Ok((await desk.PrepareAuthorizationAsync(wish, cancellationToken)).ToDto());
    }

    private static async Task<Ok<PreparedTransactionsDto>> PrepareTopUpAsync(
        string token, string payer, HttpRequest request, AccountDesk desk, CancellationToken cancellationToken)
    {
        var body = await RequestBody.ReadAsync(request, RestJson.Default.TopUpRequestDto, cancellationToken);
        var wish = new Wire.PrepareTopUpRequest { Token = token, Payer = payer, Authorize = body.Authorize };
        if (body is { SuperTokenAmount: not null, TargetRunway: not null })
            throw new InvalidRequestException("amount", "is given twice: either super_token_amount or target_runway.");
        if (body.SuperTokenAmount is { } amount)
            wish.SuperTokenAmount = amount;
        if (body.TargetRunway is { } runway)
            wish.TargetRunway = ProtoJson.TryParse<Duration>(runway, out var duration) ? duration : throw new InvalidRequestException("target_runway", "must be seconds, as in \"86400s\".");
        return TypedResults.Ok((await desk.PrepareTopUpAsync(wish, cancellationToken)).ToDto());
    }
}
