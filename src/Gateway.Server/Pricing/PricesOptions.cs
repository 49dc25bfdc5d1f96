using Gateway.Domain.Identity;
using Gateway.Server.Chains;
using Gateway.Server.Configuration;
using Gateway.Server.Pricing.Usd;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Pricing;

/// <summary><c>Gateway:Prices</c>: what VMs cost, where requests name resources.</summary>
internal sealed class PricesOptions
{
    public const string Section = "Gateway:Prices";

    /// <summary>Path of the price list, a JSON file. Empty: every request names its rate.</summary>
    public string File { get; set; } = "";

    /// <summary>How often the file is looked at for changes. 100 ms to 1 h, default 10 s.</summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>By symbol: what the token is worth, for components that are priced in dollars.</summary>
    public IDictionary<string, PriceSourceOptions> Usd { get; set; } = new Dictionary<string, PriceSourceOptions>(StringComparer.Ordinal);

    public bool IsOn => File.Length > 0;
}

/// <param name="chain">How the chain's section is filled: which tokens there are. Not its checked value, since both must be able to report at once.</param>
internal sealed class PricesOptionsValidator(IEnumerable<IConfigureOptions<ChainOptions>> chain) : SectionValidator<PricesOptions>(PricesOptions.Section)
{
    protected override void Check(PricesOptions options, OptionsProblems problems)
    {
        problems.InRange(nameof(options.PollInterval), options.PollInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1));
        if (TokensOf() is not { } tokens)
            return;
        foreach (var (symbol, source) in options.Usd)
        {
            if (!tokens.ContainsKey(symbol))
                problems.Add($"{nameof(options.Usd)}:{symbol}", $"'{symbol}' is no token of this chain; known are {(tokens.Count == 0 ? "none" : string.Join(", ", tokens.Keys.Order(StringComparer.Ordinal)))}.");
            source.Check($"{nameof(options.Usd)}:{symbol}", problems);
        }

        if (!options.IsOn)
            return;
        try
        {
            PriceListReader.Read(PriceFile.Read(options.File), tokens);
        }
        catch (PriceListException e)
        {
            foreach (var problem in e.Problems)
                problems.Add(nameof(options.File), problem);
        }
    }

    /// <returns>Null where the tokens themselves are configured wrongly: that is told by their own section.</returns>
    private Dictionary<string, Address>? TokensOf()
    {
        var options = new ChainOptions();
        foreach (var fill in chain)
            fill.Configure(options);
        return options.Tokens.Values.All(t => Address.TryParse(t.Address, out _))
            ? ConfiguredDeployment.TokensOf(options).ToDictionary(t => t.Symbol, t => t.Address, StringComparer.Ordinal)
            : null;
    }
}

/// <summary>The file of a price list.</summary>
internal static class PriceFile
{
    private const int MostBytes = 16 * 1024 * 1024;

    /// <exception cref="PriceListException">It cannot be read, or is far too large.</exception>
    public static ReadOnlyMemory<byte> Read(string path)
    {
        try
        {
            return new FileInfo(path) is { Exists: true, Length: > MostBytes } large
                ? throw new PriceListException([$"the file: has {large.Length} bytes, of at most {MostBytes}."])
                : File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new PriceListException([$"the file: cannot be read. {e.Message}"]);
        }
    }
}
