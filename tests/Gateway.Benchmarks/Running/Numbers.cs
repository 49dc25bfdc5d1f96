using System.CommandLine;
using System.Globalization;

namespace Gateway.Benchmarks.Running;

/// <summary>Whole numbers on the command line.</summary>
internal static class Numbers
{
    private const int Most = 1_000_000;

    public static Option<int> Option(string name, string what, int usual)
    {
        var option = new Option<int>(name) { Description = $"{what} Default {usual}.", DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            // What is no number at all is said elsewhere.
            if (result.Tokens is [var given] && int.TryParse(given.Value, CultureInfo.InvariantCulture, out var value) && value is < 0 or > Most)
                result.AddError($"{name} takes 0 to {Most}.");
        });
        return option;
    }
}
