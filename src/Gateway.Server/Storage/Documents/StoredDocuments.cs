using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Gateway.Server.Storage.Documents;

/// <summary>What every stored form begins with. A change of a form that old readers would misread is a new number, and the old one stays readable.</summary>
internal interface IStoredDocument
{
    /// <summary>Version of the form, from 1.</summary>
    int V { get; }
}

/// <summary>Text ↔ stored forms. Amounts are decimal strings, enums their numbers, instants ISO 8601.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AccountDocument))]
[JsonSerializable(typeof(LeaseDocument))]
[JsonSerializable(typeof(DirectiveDocument))]
[JsonSerializable(typeof(NoteDocument))]
[JsonSerializable(typeof(MarkDocument))]
[JsonSerializable(typeof(SlotDocument))]
[JsonSerializable(typeof(AttemptDocument))]
[JsonSerializable(typeof(LimitsDocument))]
[JsonSerializable(typeof(GlanceDocument))]
[JsonSerializable(typeof(EventDocument))]
[JsonSerializable(typeof(PayeeDirectoryDocument))]
[JsonSerializable(typeof(UsageDocument))]
[JsonSerializable(typeof(DroppedUseDocument))]
[JsonSerializable(typeof(DroppedLeasesDocument))]
[JsonSerializable(typeof(SegmentDocument))]
[JsonSerializable(typeof(LedgerDocument))]
[JsonSerializable(typeof(PeriodDocument))]
[JsonSerializable(typeof(PayeePeriodDocument))]
internal sealed partial class StoredDocuments : JsonSerializerContext
{
    public static string Write<T>(T document, JsonTypeInfo<T> form)
        where T : IStoredDocument => JsonSerializer.Serialize(document, form);

    /// <exception cref="StoredFormException">Damaged, or of a version that is not known here.</exception>
    public static T Read<T>(string json, JsonTypeInfo<T> form, int newest = 1)
        where T : IStoredDocument
    {
        try
        {
            var document = JsonSerializer.Deserialize(json, form) ?? throw new StoredFormException($"A {typeof(T).Name} is null.");
            return document.V >= 1 && document.V <= newest
                ? document
                : throw new StoredFormException($"A {typeof(T).Name} has form {document.V}; this version reads 1 to {newest}.");
        }
        catch (JsonException e)
        {
            throw new StoredFormException($"A {typeof(T).Name} cannot be read: {e.Message}");
        }
    }
}
