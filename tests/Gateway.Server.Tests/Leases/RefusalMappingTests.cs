using Gateway.Chain.Superfluid;
using Gateway.Chain.Transport;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Server.Leases.Errors;
using Gateway.Server.Tests.Storage;
using Gateway.Testing;
using Google.Rpc;
using Grpc.Core;
using Superfluid.Gateway.V1;
using Xunit;

namespace Gateway.Server.Tests.Leases;

public sealed class RefusalMappingTests
{
    /// <summary>Exceptions that no request meets, or that no caller can be told about: the lane's own, and a damaged store.</summary>
    private static readonly string[] NotOfRequests = ["StoredFormException", "SignerUnavailableException", "LaneDeposedException", "PriceListException", "SourceException"];

    [Fact]
    public void Every_refusal_of_the_domain_has_its_row() =>
        Assert.Equal(Enum.GetValues<RefusalCode>().Where(c => c != RefusalCode.Unspecified), RefusalMapping.Codes.Order());

    [Fact]
    [Incident("1.7.1")]
    public void A_refusal_carries_the_reason_that_a_lease_would_show()
    {
        foreach (var code in RefusalMapping.Codes.Where(c => c != RefusalCode.RateTooLarge))
        {
            var refusal = new Refusal(code, "2", "1", "because");
            var problem = RefusalMapping.Of(refusal);

            Assert.Equal((StatusCode.FailedPrecondition, 422), (problem.Code, problem.HttpStatus));
            Assert.Equal(WireName(refusal.Reason), problem.Reason);
            Assert.Equal(("2", "1"), (problem.Metadata["required"], problem.Metadata["present"]));
        }
    }

    [Fact]
    public void Every_exception_that_a_request_can_meet_has_its_row()
    {
        var unmapped = typeof(RefusalMapping).Assembly.GetTypes()
            .Where(t => t.IsAssignableTo(typeof(Exception)) && !t.IsAbstract && !NotOfRequests.Contains(t.Name))
            .Where(t => RefusalMapping.Of(Make(t)).Code == StatusCode.Internal)
            .Select(t => t.Name);

        Assert.Empty(unmapped);
    }

    [Fact]
    public void What_is_a_bug_is_told_without_its_text()
    {
        var problem = RefusalMapping.Of(new InvalidOperationException("secret"));

        Assert.Equal((StatusCode.Internal, 500), (problem.Code, problem.HttpStatus));
        Assert.DoesNotContain("secret", problem.ToRpcException().ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_silent_chain_says_so_and_when_to_come_again()
    {
        var failure = new RpcFailedException(new RpcOrigin("node.example", "eth_call"), RpcFailure.Timeout, "no answer");

        var status = RefusalMapping.Of(failure).ToRpcException().GetRpcStatus();

        Assert.Equal((int)StatusCode.Unavailable, status?.Code);
        Assert.Equal("REASON_CHAIN_UNREACHABLE", status?.GetDetail<ErrorInfo>().Reason);
        Assert.Equal("node.example", status?.GetDetail<ErrorInfo>().Metadata["endpoint"]);
        Assert.NotNull(status?.GetDetail<RetryInfo>());
    }

    [Fact]
    public void All_that_is_wrong_with_a_request_is_told()
    {
        var problem = RefusalMapping.Of(new InvalidRequestException([new FieldProblem("payer", "is required."), new FieldProblem("token", "is required.")]));

        var bad = problem.ToRpcException().GetRpcStatus()?.GetDetail<BadRequest>();

        Assert.Equal(400, problem.HttpStatus);
        Assert.Equal(["payer", "token"], bad?.FieldViolations.Select(v => v.Field));
    }

    private static string WireName(Domain.Leases.Reason reason) =>
        GatewayReflection.Descriptor.FindTypeByName<Google.Protobuf.Reflection.EnumDescriptor>("Reason").FindValueByNumber((int)reason).Name;

    private static Exception Make(Type type)
    {
        object[] parts =
        [
            "text", 7ul, Given.Now, LeaseId.Parse("a"), Given.Address(1), Given.Lease("a"), new Refusal(RefusalCode.BalanceTooLow, "2", "1", "because"),
            new List<FieldProblem> { new("payer", "is required.") }, new Revert("CFA_FLOW_DOES_NOT_EXIST", RevertClass.Customer, Domain.Leases.Reason.Unspecified),
        ];
        var constructor = type.GetConstructors().MinBy(c => c.GetParameters().Length)!; // Every class has one.
        return (Exception)constructor.Invoke([.. constructor.GetParameters().Select(p => Array.Find(parts, p.ParameterType.IsInstanceOfType))]);
    }
}
