using System.Text;
using Gateway.Chain.Abi;
using Gateway.Chain.Signing;
using Gateway.Chain.Superfluid;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Xunit;

namespace Gateway.Chain.Tests.Superfluid;

/// <summary>Calldata and ids as ethers and the real contracts give them.</summary>
public sealed class ProtocolVectorTests
{
    private static readonly Address Payer = Address.Parse("0x" + new string('1', 40));
    private static readonly Address Payee = Address.Parse("0x" + new string('2', 40));
    private static readonly Address Aleph = Address.Parse("0xc0fbc4967259786c743361a5885ef49380473dcf");
    private static readonly Address Cfa = Chains.Deployments.AvalancheC.Contracts.Cfa;
    private static readonly FlowKey Flow = new(Aleph, Payer, Payee);

    [Fact]
    public void A_flow_id_is_the_hash_of_payer_and_payee() => Assert.Equal(
        "1bbe365357fe28ec15df954baa1b29fb309dd0e8a21208d768bce9ab1c0c4fd0", Convert.ToHexStringLower(FlowEvents.FlowId(Payer, Payee)));

    [Fact]
    public void An_update_by_operator_has_the_calldata_that_ethers_gives()
    {
        var data = FlowCalls.UpdateByOperator(Flow, FlowRate.FromWeiPerSecond(385802469135802));

        Assert.Equal(196, data.Length);
        Assert.Equal("cc70182daf00c1fbd0bc11af710279d6091458b9d837a791fe3676ee4c21d814", Convert.ToHexStringLower(Keccak.Hash(data)));

        var call = HostCalls.CallAgreement(Cfa, data, [0xca, 0xfe]);
        Assert.Equal(420, call.Length);
        Assert.Equal("9983ee6aba3070b3cb1e92ffcb3c6dddf15cb7f7c2a284fc1ddbc907b580a156", Convert.ToHexStringLower(Keccak.Hash(call)));
    }

    [Fact]
    public void A_rescue_batch_has_the_calldata_that_ethers_gives()
    {
        var batch = HostCalls.Batch(
        [
            HostOperation.CallAgreement(Cfa, FlowCalls.UpdateByOperator(Flow, FlowRate.FromWeiPerSecond(1)), []),
            HostOperation.CallAgreement(Cfa, FlowCalls.DeleteByOperator(Flow), []),
        ]);

        Assert.Equal(1060, batch.Length);
        Assert.Equal("ee5e7a09bcfb3b48e015ce1c6fae70a626510ca02e39114d6f391d9f0b96b13f", Convert.ToHexStringLower(Keccak.Hash(batch)));
    }

    [Theory]
    [InlineData("ea76c9b3", RevertClass.Customer, Reason.InsufficientBalance)]
    [InlineData("a0645c1f", RevertClass.Customer, Reason.AllowanceExhausted)]
    [InlineData("a3eab6ac", RevertClass.Customer, Reason.PermissionRevoked)]
    [InlineData("801b6863", RevertClass.Stale, Reason.Unspecified)]
    [InlineData("d4f5d496", RevertClass.Payee, Reason.PayeeRejected)]
    [InlineData("67e9985b", RevertClass.Ours, Reason.Unspecified)]
    [InlineData("deadbeef", RevertClass.Payee, Reason.PayeeRejected)]
    [InlineData("", RevertClass.Gas, Reason.Unspecified)]
    public void A_revert_is_told_by_its_selector(string data, RevertClass expected, Reason reason)
    {
        var revert = SuperfluidErrors.Classify(Convert.FromHexString(data));

        Assert.Equal((expected, reason), (revert.Class, revert.Reason));
    }

    [Theory]
    [InlineData("CallUtils: target panicked: 0x11", RevertClass.Input)]
    [InlineData("CallUtils: target revert()", RevertClass.Gas)]
    [InlineData("unauthorized host", RevertClass.Ours)]
    [InlineData("the payee says no", RevertClass.Payee)]
    public void A_revert_with_a_text_is_told_by_it(string text, RevertClass expected)
    {
        byte[] data = [0x08, 0xc3, 0x79, 0xa0, .. AbiEncoder.Encode([AbiType.Parse("string")], [text])];

        Assert.Equal(expected, SuperfluidErrors.Classify(data).Class);
        Assert.Equal(RevertClass.Payee, SuperfluidErrors.Classify(data.AsSpan(0, 40)).Class);
    }

    [Fact]
    public void The_public_deployments_have_the_addresses_that_were_published()
    {
        Assert.Equal("0x6946c5B38Ffea373b0a2340b4AEf0De8F6782e58", Eip55.Format(Cfa));
        Assert.NotEqual(Chains.Deployments.AvalancheC.Contracts.CfaForwarder, Chains.Deployments.Fuji.Contracts.CfaForwarder);
        Assert.Equal([43114UL, 43113UL], Chains.Deployments.All.Select(d => d.ChainId.Value));
        Assert.Equal(
            AgreementViews.CfaType,
            Hash32.FromBytes(Keccak.Hash(Encoding.ASCII.GetBytes("org.superfluid-finance.agreements.ConstantFlowAgreement.v1"))));
    }
}
