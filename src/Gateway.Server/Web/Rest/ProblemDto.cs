using System.ComponentModel;
using System.Text;
using Gateway.Server.Leases.Errors;

namespace Gateway.Server.Web.Rest;

/// <summary>RFC 9457, with what a program needs: the same reasons as gRPC's ErrorInfo.</summary>
internal sealed record ProblemDto
{
    public const string ContentType = "application/problem+json";

    public string Type { get; init; } = "about:blank";

    public required string Title { get; init; }

    public required int Status { get; init; }

    [Description("For people.")]
    public required string Detail { get; init; }

    [Description("For programs; stays the same.")]
    public required string Reason { get; init; }

    [Description("The first field that is wrong.")]
    public string? Field { get; init; }

    [Description("All fields that are wrong.")]
    public IReadOnlyList<FieldDto>? Fields { get; init; }

    [Description("What it would take.")]
    public string? Required { get; init; }

    [Description("What there is.")]
    public string? Present { get; init; }

    public static ProblemDto Of(Problem problem)
    {
        var fields = problem.Fields.Select(f => new FieldDto(JsonName(f.Field), f.Description)).ToList();
        return new ProblemDto
        {
            Title = PhraseOf(problem.HttpStatus),
            Status = problem.HttpStatus,
            Detail = problem.Detail,
            Reason = problem.Reason,
            Field = fields.Count > 0 ? fields[0].Field : null,
            Fields = fields.Count > 0 ? fields : null,
            Required = problem.Metadata.GetValueOrDefault("required"),
            Present = problem.Metadata.GetValueOrDefault("present"),
        };
    }

    private static string PhraseOf(int status) => Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status);

    /// <summary>"super_token_amount" as JSON has it.</summary>
    private static string JsonName(string field)
    {
        var name = new StringBuilder(field.Length);
        for (var i = 0; i < field.Length; i++)
        {
            if (field[i] == '_' && i + 1 < field.Length)
                name.Append(char.ToUpperInvariant(field[++i]));
            else
                name.Append(field[i]);
        }

        return name.ToString();
    }
}

internal sealed record FieldDto(string Field, string Description);
