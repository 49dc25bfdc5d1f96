using System.Text.Json.Serialization;

namespace Gateway.Server.Web.Rest;

/// <summary>How the bodies of REST are written and read: field names and forms of the proto's JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(TokensDto))]
[JsonSerializable(typeof(AccountDto))]
[JsonSerializable(typeof(LeasesDto))]
[JsonSerializable(typeof(AuthorizationRequestDto))]
[JsonSerializable(typeof(TopUpRequestDto))]
[JsonSerializable(typeof(PreparedTransactionsDto))]
[JsonSerializable(typeof(StatementDto))]
[JsonSerializable(typeof(PayeeStatementDto))]
[JsonSerializable(typeof(ProblemDto))]
internal sealed partial class RestJson : JsonSerializerContext;
