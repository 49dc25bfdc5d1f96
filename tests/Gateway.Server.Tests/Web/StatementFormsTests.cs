using System.Collections;
using System.Globalization;
using Gateway.Server.Web.Page;
using Gateway.Server.Web.Rest;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Xunit;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Tests.Web;

/// <summary>Every field of a statement is in every form of it: whichever one is altered, each form looks different.</summary>
public sealed class StatementFormsTests
{
    [Fact]
    public void Every_field_of_a_statement_is_in_the_table() => Assert.Empty(Missing<Wire.Statement>(StatementTable.Write));

    [Fact]
    public void Every_field_of_a_statement_is_on_the_page() => Assert.Empty(Missing<Wire.Statement>(StatementPage.Write));

    [Fact]
    public void Every_field_of_a_payees_statement_is_in_the_table() => Assert.Empty(Missing<Wire.PayeeStatement>(StatementTable.Write));

    [Fact]
    public void Every_field_of_a_payees_statement_is_on_the_page() => Assert.Empty(Missing<Wire.PayeeStatement>(StatementPage.Write));

    /// <returns>Paths of the fields that the form does not show.</returns>
    private static List<string> Missing<T>(Func<T, string> write)
        where T : IMessage<T>, new()
    {
        var full = new T();
        Fill(full);
        var text = write(full);
        var paths = Leaves(full.Descriptor, []).ToList();
        Assert.NotEmpty(paths);
        return [.. paths.Where(p => string.Equals(write(Altered(full.Clone(), p)), text, StringComparison.Ordinal)).Select(p => string.Join('.', p.Select(f => f.Name)))];
    }

    private static IEnumerable<FieldDescriptor[]> Leaves(MessageDescriptor message, FieldDescriptor[] path) => message.Fields.InDeclarationOrder()
        .SelectMany(f => IsNested(f) ? Leaves(f.MessageType, [.. path, f]) : [[.. path, f]]);

    private static void Fill(IMessage message)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            var value = IsNested(field) ? field.MessageType.Parser.ParseFrom([]) : Of(field, message);
            if (IsNested(field))
                Fill((IMessage)value);
            if (field.IsRepeated)
                ((IList)field.Accessor.GetValue(message)).Add(value);
            else
                field.Accessor.SetValue(message, value);
        }
    }

    private static T Altered<T>(T message, FieldDescriptor[] path)
        where T : IMessage<T>
    {
        IMessage holder = message;
        foreach (var field in path[..^1])
            holder = (IMessage)(field.IsRepeated ? ((IList)field.Accessor.GetValue(holder))[0]! : field.Accessor.GetValue(holder)); // It was filled.
        path[^1].Accessor.SetValue(holder, Other(path[^1].Accessor.GetValue(holder)));
        return message;
    }

    private static bool IsNested(FieldDescriptor field) =>
        field.FieldType == FieldType.Message && field.MessageType != Timestamp.Descriptor && field.MessageType != Duration.Descriptor;

    private static object Of(FieldDescriptor field, IMessage message) => field.FieldType switch
    {
        FieldType.String => (7_000_000 + field.FieldNumber).ToString(CultureInfo.InvariantCulture),
        FieldType.Bool => true,
        FieldType.Enum => System.Enum.ToObject(field.Accessor.GetValue(message).GetType(), 1),
        FieldType.UInt32 => 1u,
        FieldType.UInt64 => 1ul,
        _ when field.MessageType == Timestamp.Descriptor => new Timestamp { Seconds = 1_800_000_000 },
        _ => new Duration { Seconds = 9 },
    };

    private static object Other(object value) => value switch
    {
        string text => text + "1",
        bool isSo => !isSo,
        uint number => number + 1,
        ulong number => number + 1,
        Timestamp at => new Timestamp { Seconds = at.Seconds + 1 },
        Duration length => new Duration { Seconds = length.Seconds + 1 },
        _ => System.Enum.ToObject(value.GetType(), 2),
    };
}
