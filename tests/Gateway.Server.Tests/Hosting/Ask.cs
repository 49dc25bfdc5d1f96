using Gateway.Chain.Signing;
using Gateway.Domain.Identity;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Superfluid.Gateway.V1;
using Xunit;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Tests.Hosting;

/// <summary>Requests as a scheduler makes them, and what comes back.</summary>
internal static class Ask
{
    public const string Rate = "15277777777777";

    private static int _last;

    /// <summary>A lease id that no other test has.</summary>
    public static string NewId([System.Runtime.CompilerServices.CallerMemberName] string test = "") => $"{test}.{Interlocked.Increment(ref _last)}";

    /// <summary>A request with which nothing is wrong, as far as its text goes.</summary>
    public static OpenLeaseRequest Open(HostedGateway gateway, Address payer, string id, string rate = Rate) => new()
    {
        LeaseId = id,
        VmId = "vm-" + id,
        Payer = Eip55.Format(payer),
        Token = "ALEPH",
        Price = new Price { FlowRate = rate },
        Payees =
        {
            new Wire.Payee { Address = Eip55.Format(gateway.Node), SharePpm = 800_000, Role = "node" },
            new Wire.Payee { Address = Eip55.Format(gateway.Community), SharePpm = 200_000, Role = "community" },
        },
    };

    /// <summary>The same, answered once the chain pays.</summary>
    public static OpenLeaseRequest OpenAndWait(HostedGateway gateway, Address payer, string id, string rate = Rate)
    {
        var request = Open(gateway, payer, id, rate);
        (request.WaitFor, request.WaitAtMost) = (LeaseState.Active, Duration.FromTimeSpan(TimeSpan.FromSeconds(60)));
        return request;
    }

    public static CloseLeaseRequest CloseAndWait(string id) =>
        new() { LeaseId = id, WaitFor = LeaseState.Closed, WaitAtMost = Duration.FromTimeSpan(TimeSpan.FromSeconds(60)) };

    /// <summary>The error that a call must end with.</summary>
    public static async Task<Refused> RefusedAsync(Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<RpcException>(call);
        var status = error.GetRpcStatus();
        Assert.NotNull(status);
        Assert.Equal((int)error.StatusCode, status.Code);
        return new Refused(error.StatusCode, status.GetDetail<ErrorInfo>(), status.GetDetail<BadRequest>(), status.GetDetail<RetryInfo>());
    }
}

/// <summary>An error with its details.</summary>
internal sealed record Refused(StatusCode Code, ErrorInfo Info, BadRequest? Bad, RetryInfo? Retry)
{
    public IEnumerable<string> Fields => Bad?.FieldViolations.Select(v => v.Field) ?? [];
}
