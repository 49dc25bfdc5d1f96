namespace Gateway.Server.Settlement;

/// <summary>Which of several items, executed one after the other, pass together.</summary>
/// <param name="Passing">Simulated together, with success.</param>
/// <param name="Culprits">Each with the reason given for it.</param>
/// <param name="Unknown">Not looked at any more: too many culprits for one round.</param>
internal sealed record Sifted<TItem, TWhy>(IReadOnlyList<TItem> Passing, IReadOnlyList<Culprit<TItem, TWhy>> Culprits, IReadOnlyList<TItem> Unknown);

internal sealed record Culprit<TItem, TWhy>(TItem Item, TWhy Why);

/// <summary>Finds the culprits of a sequence that fails as a whole without saying where.</summary>
/// <remarks>
/// The sequence stops at its first failing item, so "this many of the first items fail" holds for all longer beginnings too, and a binary search finds the
/// first culprit in log₂ n calls. It is taken out, what stood before it is known to pass, and the search goes on behind it.
/// </remarks>
internal static class Sifting
{
    /// <param name="whyNot">Null where the items, in this order, pass.</param>
    /// <param name="mostCulprits">Bounds the calls of one round to (1 + log₂ n) times this.</param>
    public static async Task<Sifted<TItem, TWhy>> SiftAsync<TItem, TWhy>(
        IReadOnlyList<TItem> items, Func<IReadOnlyList<TItem>, Task<TWhy?>> whyNot, int mostCulprits)
        where TWhy : class
    {
        List<TItem> passing = [];
        List<Culprit<TItem, TWhy>> culprits = [];
        var rest = items;
        while (rest.Count > 0)
        {
            var why = await whyNot([.. passing, .. rest]);
            if (why is null)
                return new Sifted<TItem, TWhy>([.. passing, .. rest], culprits, []);
            if (culprits.Count == mostCulprits)
                return new Sifted<TItem, TWhy>(passing, culprits, rest);

            var (passes, fails) = (0, rest.Count);
            while (fails - passes > 1)
            {
                var middle = (passes + fails) / 2;
                if (await whyNot([.. passing, .. rest.Take(middle)]) is { } shorter)
                    (fails, why) = (middle, shorter);
                else
                    passes = middle;
            }

            culprits.Add(new Culprit<TItem, TWhy>(rest[passes], why));
            passing.AddRange(rest.Take(passes));
            rest = [.. rest.Skip(fails)];
        }

        return new Sifted<TItem, TWhy>(passing, culprits, []);
    }
}
