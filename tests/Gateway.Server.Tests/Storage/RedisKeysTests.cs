using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Gateway.Domain.Identity;
using Gateway.Server.Storage;
using StackExchange.Redis;
using Xunit;

namespace Gateway.Server.Tests.Storage;

/// <summary>The table of keys in Storage/README.md, the keys in the code and the scripts say the same.</summary>
public sealed partial class RedisKeysTests
{
    private static readonly string Folder = Path.Combine(SourceFolder(), "..", "..", "..", "src", "Gateway.Server", "Storage");

    private static readonly Address Token = Given.Address(1);
    private static readonly Address Payer = Given.Address(2);
    private static readonly Address Payee = Given.Address(3);
    private static readonly Address Operator = Given.Address(4);

    [Fact]
    public void Every_key_of_the_code_is_in_the_table_and_the_other_way_round()
    {
        var table = Rows().Select(r => r.Key).Order(StringComparer.Ordinal).ToList();

        var code = KeysOf(RedisKeys.OfShard(7)).Concat(KeysOf(new LaneKeys(new ChainId(43114), Operator))).Concat(KeysOf(new WatcherKeys(new ChainId(43114))))
            .Append(RedisKeys.LeaseIndex(LeaseId.Parse("some-lease")).ToString())
            .Append(RedisKeys.PayersOf(Token, Payee).ToString())
            .Append(RedisKeys.PeriodsOf(Token, Payee).ToString())
            .Append(RedisKeys.Unclaimed.ToString())
            .Append(RedisKeys.PayeeDirectory.ToString())
            .Append(RedisKeys.PriceLists.ToString())
            .Append(RedisKeys.WorthsBelieved.ToString())
            .Append(RedisKeys.LeaseChanges.ToString())
            .Append(RedisKeys.DirectiveIssues.ToString());

        Assert.Equal(code.Select(Describe).Order(StringComparer.Ordinal), table);
    }

    [Fact]
    public void Every_script_that_the_table_names_exists_and_every_script_is_named()
    {
        var files = Directory.GetFiles(Path.Combine(Folder, "Scripts"), "*.lua").Select(Path.GetFileNameWithoutExtension).ToHashSet(StringComparer.Ordinal);
        var named = Rows().SelectMany(r => Names().Matches(r.Columns).Select(m => m.Groups["name"].Value)).ToHashSet(StringComparer.Ordinal);

        Assert.Equal([], named.Where(n => char.IsLower(n[0]) && (n.Contains('-', StringComparison.Ordinal) || n is "commit" or "close") && !files.Contains(n)));
        Assert.Equal([], files.Where(f => !named.Contains(f!)));
    }

    [Fact]
    public void Every_script_is_known_by_name_and_tells_its_keys_arguments_and_answers()
    {
        var known = typeof(RedisScript).GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => (RedisScript)f.GetValue(null)!).ToList();
        var files = Directory.GetFiles(Path.Combine(Folder, "Scripts"), "*.lua").Select(f => Path.GetFileNameWithoutExtension(f)!);

        Assert.Equal(files.Order(StringComparer.Ordinal), known.Select(s => s.Name).Order(StringComparer.Ordinal));
        foreach (var script in known)
        {
            Assert.StartsWith($"-- {script.Name}: ", script.Text, StringComparison.Ordinal);
            foreach (var part in new[] { "-- KEYS ", "-- ARGV ", "-- returns " })
                Assert.Contains(part, script.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Keys_that_change_together_share_a_hash_tag()
    {
        var keys = RedisKeys.Of(Given.Account);

        Assert.Single(KeysOf(keys.InShard).Append(keys.Account.ToString()).Append(keys.Ended.ToString()).Select(TagOf).Distinct());
        Assert.Single(KeysOf(new LaneKeys(new ChainId(1), Operator)).Select(TagOf).Distinct());
        Assert.Single(KeysOf(new WatcherKeys(new ChainId(1))).Select(TagOf).Distinct());
    }

    [Fact]
    public void Accounts_are_spread_over_all_shards_and_never_move()
    {
        var shards = Enumerable.Range(0, 2000).Select(i => RedisKeys.ShardOf(new AccountKey(Token, Given.Address(i)))).ToList();

        Assert.Equal(Enumerable.Range(0, RedisKeys.Shards), shards.Distinct().Order());
        // Fixed for ever: a change would look for every account in another place.
        Assert.Equal([59, 13, 56, 2], shards.Take(4));
    }

    [Fact]
    public void A_flow_is_found_back_in_its_key()
    {
        var keys = new LaneKeys(new ChainId(43114), Operator);
        var flow = new FlowKey(Token, Payer, Payee);

        Assert.Equal(flow, keys.FlowOf(keys.Flow(flow).ToString()));
    }

    /// <summary>Every property that is a key, and every method that makes one of given names.</summary>
    private static IEnumerable<string> KeysOf(object keys)
    {
        foreach (var property in keys.GetType().GetProperties().Where(p => p.PropertyType == typeof(RedisKey)))
            yield return property.GetValue(keys)!.ToString()!;
        foreach (var method in keys.GetType().GetMethods().Where(m => m.ReturnType == typeof(RedisKey) && !m.IsSpecialName))
            yield return method.Invoke(keys, [.. method.GetParameters().Select(p => Sample(p.ParameterType))])!.ToString()!;
    }

    private static object Sample(Type type) =>
        type == typeof(AccountKey) ? new AccountKey(Token, Payer)
        : type == typeof(LeaseId) ? LeaseId.Parse("some-lease")
        : type == typeof(Nonce) ? new Nonce(123)
        : type == typeof(FlowKey) ? new FlowKey(Token, Payer, Payee)
        : throw new NotSupportedException($"No sample of {type}.");

    /// <summary>A sample key as the table writes it.</summary>
    private static string Describe(string key) => key
        .Replace($"{Token}", "<token>", StringComparison.Ordinal)
        .Replace($"{Payer}", "<payer>", StringComparison.Ordinal)
        .Replace($"{Payee}", "<payee>", StringComparison.Ordinal)
        .Replace("some-lease", "<lease>", StringComparison.Ordinal)
        .Replace(":123", ":<nonce>", StringComparison.Ordinal)
        .Replace("{a:07}", "{a:NN}", StringComparison.Ordinal)
        .Replace($"{{l:43114:{Operator}}}", "L", StringComparison.Ordinal)
        .Replace("{w:43114}", "W", StringComparison.Ordinal);

    private static string TagOf(string key) => key[..(key.IndexOf('}', StringComparison.Ordinal) + 1)];

    /// <summary>Table rows that begin with a key or a channel.</summary>
    private static IEnumerable<(string Key, string Columns)> Rows() =>
        from line in File.ReadLines(Path.Combine(Folder, "README.md"))
        let row = Row().Match(line)
        where row.Success
        select (row.Groups["key"].Value, row.Groups["columns"].Value);

    private static string SourceFolder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;

    [GeneratedRegex(@"^\| `(?<key>[^`]+)` \|(?<columns>.*)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Row();

    [GeneratedRegex("`(?<name>[A-Za-z-]+)`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Names();
}
