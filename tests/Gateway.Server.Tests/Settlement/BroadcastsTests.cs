using Gateway.Chain.Rpc;
using Gateway.Chain.Transport;
using Gateway.Server.Settlement;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

public sealed class BroadcastsTests
{
    [Theory]
    [InlineData(NodeError.AlreadyKnown, nameof(Broadcast.Accepted))]
    [InlineData(NodeError.ReplacementUnderpriced, nameof(Broadcast.Outbid))]
    [InlineData(NodeError.NonceTooLow, nameof(Broadcast.Consumed))]
    [InlineData(NodeError.InsufficientFunds, nameof(Broadcast.OutOfFunds))]
    [InlineData(NodeError.InvalidTransaction, nameof(Broadcast.Invalid))]
    [InlineData(NodeError.PoolFull, nameof(Broadcast.Refused))]
    [InlineData(NodeError.FeeBelowBaseFee, nameof(Broadcast.Refused))]
    [InlineData(NodeError.RateLimited, nameof(Broadcast.Unknown))]
    [InlineData(NodeError.Unspecified, nameof(Broadcast.Unknown))]
    public void A_refusal_is_what_it_proves(NodeError error, string expected)
    {
        var result = Broadcasts.Of(new SendOutcome.Refused(error, "its words"));

        Assert.Equal((expected, "its words"), (result.Kind.ToString(), result.Detail));
    }

    [Fact]
    public void Every_error_of_a_node_means_something() =>
        Assert.All(Enum.GetValues<NodeError>(), error => Assert.True(Enum.IsDefined(Broadcasts.Of(new SendOutcome.Refused(error, "")).Kind)));

    [Fact]
    public void Only_what_no_node_would_ever_take_is_given_up() =>
        Assert.Equal([NodeError.InvalidTransaction], Enum.GetValues<NodeError>().Where(e => Broadcasts.Of(new SendOutcome.Refused(e, "")).Kind == Broadcast.Invalid));

    [Fact]
    public void Doubt_stays_doubt() => Assert.Equal(Broadcast.Unknown, Broadcasts.Of(new SendOutcome.Unknown("no answer")).Kind);
}
