using System.Globalization;

namespace Gateway.Server.Leases.Validation;

/// <summary>What may stand in a name, a role or a label: it is shown on pages, in logs and on statements, so nothing that breaks a line or is no text.</summary>
internal static class PrintableText
{
    /// <summary>What a decoder puts where the bytes were not UTF-8.</summary>
    private const char Replacement = '\uFFFD';

    public static bool Holds(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]))
            {
                if (!char.IsSurrogatePair(text, i))
                    return false;
                i++;
            }
            else if (text[i] == Replacement || IsBreaking(CharUnicodeInfo.GetUnicodeCategory(text[i])))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsBreaking(UnicodeCategory category) =>
        category is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
