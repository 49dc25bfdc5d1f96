namespace Gateway.Devnet.World;

internal static class UrlText
{
    /// <summary>Without the slash that <see cref="Uri"/> puts at the end: people and scripts append paths.</summary>
    public static string Of(Uri url) => url.GetLeftPart(UriPartial.Authority);
}
