using System.Text;
using CsCheck;
using Gateway.Chain.Transport;
using Xunit;

namespace Gateway.Chain.Tests.Transport;

public sealed class SocketMessageTests
{
    private const string Head = """{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0xfeed","result":{"number":"0x7"}}}""";

    [Fact]
    public void An_answer_and_a_notification_are_told_apart()
    {
        Assert.Equal("0xfeed", Assert.IsType<SocketMessage.Notification>(Read(Head)).Subscription);
        Assert.Equal(3, Assert.IsType<SocketMessage.Answer>(Read("""{"jsonrpc":"2.0","id":3,"result":"0x1"}""")).Id);
        Assert.Equal("no", Assert.IsType<SocketMessage.Answer>(Read("""{"jsonrpc":"2.0","id":3,"error":{"code":1,"message":"no"}}""")).Error);
        Assert.NotNull(Assert.IsType<SocketMessage.Answer>(Read("""{"jsonrpc":"2.0","id":3}""")).Error);
    }

    [Fact]
    public void No_bytes_can_break_the_reader() =>
        Gen.Byte.Array[0, 200].Sample(bytes => SocketMessage.Read(bytes) is not null);

    [Fact]
    public void No_damage_to_a_message_can_break_the_reader() => Gen.Select(Gen.Int[0, Head.Length - 1], Gen.Byte, Gen.Int[0, Head.Length]).Sample((at, value, length) =>
    {
        var bytes = Encoding.UTF8.GetBytes(Head);
        bytes[at] = value;
        return SocketMessage.Read(bytes[..length]) is not null;
    });

    private static SocketMessage Read(string text) => SocketMessage.Read(Encoding.UTF8.GetBytes(text));
}
