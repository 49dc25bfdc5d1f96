using Gateway.Domain.Identity;
using Gateway.Server.Tests.Hosting;
using Grpc.Core;
using Superfluid.Gateway.V1;
using Xunit;

namespace Gateway.Server.Tests.Leases;

[Collection(Hosted.Name)]
public sealed class MalformedRequestTests(HostedGateway gateway)
{
    public static TheoryData<string> Names => [.. MalformedRequests.All.Keys];

    [Fact]
    public void There_are_at_least_sixty_kinds_of_them() => Assert.True(MalformedRequests.All.Count >= 60);

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_malformed_request_is_told_which_field(string name)
    {
        var (field, send) = MalformedRequests.All[name];

        var refused = await Ask.RefusedAsync(() => send(gateway));

        Assert.Equal(StatusCode.InvalidArgument, refused.Code);
        Assert.Contains(field, refused.Fields);
        Assert.Equal("gateway.superfluid", refused.Info.Domain);
        Assert.All(refused.Bad!.FieldViolations, v => Assert.NotEqual("", v.Description));
    }

    [Fact]
    public async Task All_that_is_wrong_is_told_at_once()
    {
        var request = Ask.Open(gateway, Address.Zero, "a b", "0");
        request.VmId = "";
        request.Token = "DOGE";
        request.Payees[1].SharePpm = 1;
        request.PausedFlowRate = "x";
        request.WaitFor = (LeaseState)99;

        var refused = await Ask.RefusedAsync(() => gateway.Leases.OpenLeaseAsync(request));

        string[] expected = ["lease_id", "vm_id", "payer", "token", "price.flow_rate", "payees", "paused_flow_rate", "wait_for"];
        Assert.Equal(expected.Order(), refused.Fields.Order());
    }

    public static TheoryData<string, byte[]> Broken => new()
    {
        { "a string that is not UTF-8", [0x12, 0x03, (byte)'v', 0xed, 0xa0] },
        { "a lone surrogate as other clients write it", [0x12, 0x03, 0xed, 0xa0, 0x80] },
        { "a message that is cut off", [0x12, 0x7f, (byte)'v'] },
        { "a field of a wrong wire type", [0x0f] },
        { "a tag of zero", [0x00] },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task Bytes_that_are_no_message_are_the_callers_fault(string name, byte[] bytes)
    {
        var plain = Marshallers.Create(static (byte[] b) => b, static b => b);
        var method = new Method<byte[], byte[]>(MethodType.Unary, "superfluid.gateway.v1.LeaseService", "OpenLease", plain, plain);

        var error = await Assert.ThrowsAsync<RpcException>(
            () => gateway.Channel.CreateCallInvoker().AsyncUnaryCall(method, host: null, new CallOptions(cancellationToken: TestContext.Current.CancellationToken), bytes).ResponseAsync);

        Assert.True(error.StatusCode == StatusCode.InvalidArgument, $"{name}: {error.Status}");
        Assert.Equal("INVALID_REQUEST", error.GetRpcStatus()?.GetDetail<Google.Rpc.ErrorInfo>().Reason);
    }
}
