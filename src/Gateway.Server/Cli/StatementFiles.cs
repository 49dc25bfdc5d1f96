using System.Security.Cryptography;
using System.Text;
using Gateway.Server.Web.Rest;
using Superfluid.Gateway.V1;

namespace Gateway.Server.Cli;

/// <summary>What became of one exported statement.</summary>
internal enum ExportOutcome
{
    Unspecified = 0,
    Written = 1,

    /// <summary>It was there already, with the same bytes.</summary>
    Present = 2,

    /// <summary>What is there, or what came, is not what was closed. Nothing was written.</summary>
    Contradicts = 3,
}

/// <summary>Closed periods as files, one JSON and one CSV each. A file is there whole or not at all, so that an export that was stopped goes on where it was.</summary>
internal static class StatementFiles
{
    /// <summary>Statements whole, of those that came in parts.</summary>
    public static async IAsyncEnumerable<ExportedStatement> JoinAsync(IAsyncEnumerable<ExportedStatement> parts)
    {
        var text = new StringBuilder();
        await foreach (var part in parts)
        {
            text.Append(part.Json);
            if (part.More)
                continue;
            part.Json = text.ToString();
            text.Clear();
            yield return part;
        }
    }

    public static async Task<ExportOutcome> WriteAsync(string directory, ExportedStatement exported, CancellationToken cancellationToken)
    {
        var name = Path.Combine(directory, $"{exported.Token}-{exported.Payer}-{exported.Closed.Name}");
        var json = Encoding.UTF8.GetBytes(exported.Json);
        if (!string.Equals(Sha256(json), exported.Closed.Sha256, StringComparison.Ordinal))
            return ExportOutcome.Contradicts;
        var isThere = File.Exists(name + ".json");
        if (isThere && !string.Equals(Sha256(await File.ReadAllBytesAsync(name + ".json", cancellationToken)), exported.Closed.Sha256, StringComparison.Ordinal))
            return ExportOutcome.Contradicts;
        if (isThere)
            return ExportOutcome.Present;
        // The table first: where the other one is there, both are.
        var statement = Statement.Parser.ParseJson(exported.Json);
        statement.Closed = exported.Closed;
        var table = StatementTable.Write(statement);
        await WriteWholeAsync(name + ".csv", Encoding.UTF8.GetBytes(table), cancellationToken);
        await WriteWholeAsync(name + ".json", json, cancellationToken);
        return ExportOutcome.Written;
    }

    private static async Task WriteWholeAsync(string path, byte[] content, CancellationToken cancellationToken)
    {
        await File.WriteAllBytesAsync(path + ".part", content, cancellationToken);
        File.Move(path + ".part", path, overwrite: true);
    }

    private static string Sha256(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));
}
