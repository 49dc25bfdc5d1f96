using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Server.Web.Rest;
using Gateway.Testing;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Xunit;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Tests.Web;

/// <summary>The forms that REST writes are those of protobuf's own JSON: every field, whether set or not.</summary>
public sealed class DtoMappingTests
{
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));

    public static TheoryData<bool> SetOrNot => [true, false];

    [Theory]
    [MemberData(nameof(SetOrNot))]
    public void A_list_of_tokens_is_written_as_protobuf_writes_it(bool set) =>
        AssertSame(Filled<Wire.ListTokensResponse>(set), m => JsonSerializer.SerializeToNode(m.ToDto(), RestJson.Default.TokensDto));

    [Theory]
    [MemberData(nameof(SetOrNot))]
    public void Prepared_transactions_are_written_as_protobuf_writes_them(bool set)
    {
        var prepared = Filled<Wire.PreparedTransactions>(set);
        // An answer always has both.
        prepared.Expected ??= new Wire.Account();
        prepared.Expected.ObservedAt ??= new Timestamp();
        AssertSame(prepared, m => JsonSerializer.SerializeToNode(m.ToDto(), RestJson.Default.PreparedTransactionsDto));
    }

    [Theory]
    [MemberData(nameof(SetOrNot))]
    public void A_statement_of_a_payee_is_written_as_protobuf_writes_it(bool set) =>
        AssertSame(Filled<Wire.PayeeStatement>(set), m => JsonSerializer.SerializeToNode(m.ToDto(), RestJson.Default.PayeeStatementDto));

    [Theory]
    [MemberData(nameof(SetOrNot))]
    public void A_statement_is_written_as_protobuf_writes_it(bool set) =>
        AssertSame(Filled<Wire.Statement>(set), m => JsonSerializer.SerializeToNode(m.ToDto(), RestJson.Default.StatementDto));

    [Theory]
    [MemberData(nameof(SetOrNot))]
    public void A_lease_is_written_as_protobuf_writes_it_with_an_explanation(bool set) => AssertSame(Filled<Wire.Lease>(set), m =>
    {
        var lease = JsonSerializer.SerializeToNode(new LeasesDto([m.ToDto()], ""), RestJson.Default.LeasesDto)!["leases"]![0]!.AsObject();
        Assert.False(string.IsNullOrEmpty((string?)lease["explanation"]));
        lease.Remove("explanation");
        return lease;
    });

    [Fact]
    [Incident("1.7.4")]
    public void Every_state_and_every_reason_has_words_for_customers()
    {
        foreach (var reason in System.Enum.GetValues<Wire.Reason>().Where(r => r is not (Wire.Reason.Unspecified or Wire.Reason.Funded)))
        {
            foreach (var state in System.Enum.GetValues<Wire.LeaseState>())
            {
                var words = LeaseWords.Explain(new Wire.Lease { State = state, Reason = reason });

                Assert.Contains(". ", words, StringComparison.Ordinal);
                Assert.EndsWith(".", words, StringComparison.Ordinal);
            }
        }
    }

    private static void AssertSame<T>(T message, Func<T, JsonNode?> write)
        where T : IMessage
    {
        var (expected, actual) = (JsonNode.Parse(Formatter.Format(message)), write(message));
        Assert.True(JsonNode.DeepEquals(expected, actual), $"protobuf: {expected}\nREST: {actual}");
    }

    private static T Filled<T>(bool set)
        where T : IMessage, new()
    {
        var message = new T();
        if (set)
            Fill(message);
        return message;
    }

    /// <summary>Gives every field, however deep, a value that is not its default.</summary>
    private static void Fill(IMessage message)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            if (field.IsMap)
                ((MapField<string, string>)field.Accessor.GetValue(message)).Add("zone", "a \"quoted\" ü");
            else if (field.IsRepeated)
                ((System.Collections.IList)field.Accessor.GetValue(message)).Add(ValueOf(field));
            else
                field.Accessor.SetValue(message, ValueOf(field));
        }
    }

    private static object ValueOf(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.String => $"<{field.Name}>",
        FieldType.Bool => true,
        FieldType.UInt32 => 4_000_000_000u,
        FieldType.Int32 => -5,
        FieldType.UInt64 => 18_446_744_073_709_551_615ul,
        FieldType.Enum => field.EnumType.Values[^1].Number,
        FieldType.Message => MessageOf(field.MessageType),
        _ => throw new NotSupportedException($"{field.FullName} is a {field.FieldType}."),
    };

    private static IMessage MessageOf(MessageDescriptor type)
    {
        if (type == Timestamp.Descriptor)
            return new Timestamp { Seconds = 1_795_521_600, Nanos = 120_000_000 };
        if (type == Duration.Descriptor)
            return new Duration { Seconds = 3_600, Nanos = 250_000_000 };
        var message = type.Parser.ParseFrom(ByteString.Empty);
        Fill(message);
        return message;
    }
}
