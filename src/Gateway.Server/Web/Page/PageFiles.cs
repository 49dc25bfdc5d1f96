using System.Collections.Frozen;
using System.Security.Cryptography;

namespace Gateway.Server.Web.Page;

/// <summary>One file of the page.</summary>
/// <param name="ETag">Of its content: a browser asks whether it has changed, and mostly it has not.</param>
internal sealed record PageFile(byte[] Content, string ContentType, string ETag);

/// <summary>The customer's page, out of this assembly: there is nothing to deploy beside it.</summary>
internal sealed class PageFiles
{
    private const string Prefix = "page/";

    private static readonly FrozenDictionary<string, string> ContentTypes = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        [".html"] = "text/html; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".svg"] = "image/svg+xml",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private readonly FrozenDictionary<string, PageFile> _files = typeof(PageFiles).Assembly.GetManifestResourceNames()
        .Where(n => n.StartsWith(Prefix, StringComparison.Ordinal))
        .ToFrozenDictionary(n => n[Prefix.Length..], Read, StringComparer.Ordinal);

    public PageFile Index => _files["index.html"];

    /// <summary>Null where there is none of this name.</summary>
    public PageFile? Find(string name) => _files.GetValueOrDefault(name);

    private static PageFile Read(string resource)
    {
        using var stream = typeof(PageFiles).Assembly.GetManifestResourceStream(resource)!; // It was listed.
        using var content = new MemoryStream();
        stream.CopyTo(content);
        var bytes = content.ToArray();
        return new PageFile(bytes, ContentTypes[Path.GetExtension(resource)], $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes))[..32]}\"");
    }
}
