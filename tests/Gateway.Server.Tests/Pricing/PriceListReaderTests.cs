using Gateway.Domain.Pricing;
using Gateway.Server.Pricing;
using Xunit;

namespace Gateway.Server.Tests.Pricing;

public sealed class PriceListReaderTests
{
    private const string Good = """{"version":"1","plans":{"p":{"components":{"cu":{"price_per_hour":{"ALEPH":"0.055"}}}}}}""";

    [Fact]
    public void A_list_is_read_as_it_says()
    {
        var list = PriceFiles.Read(PriceFiles.Of("2026-11", "0.055", community: null, "ALEPH", "USDCx"));

        var plan = Assert.Single(list.Plans).Value;
        var (cu, storage) = (plan.Components["compute_units"], plan.Components["storage_mib"]);
        Assert.Equal(("2026-11", "instance"), (list.Version, plan.Name));
        Assert.Equal([PriceFiles.Tokens["ALEPH"], PriceFiles.Tokens["USDCx"]], cu.Prices.Keys.Order());
        Assert.Equal((Quantity.Zero, Quantity.Of(12), false), (cu.Included, cu.Maximum, cu.CostsWhilePaused));
        Assert.Equal((Quantity.Of(20_480), null, true), (storage.Included, storage.Maximum, storage.CostsWhilePaused));
        Assert.True(list.Split!.NeedsNode);
        Assert.Equal(["node", "community"], list.Split.Parts.Select(p => p.Role));
        Assert.Null(plan.Split);
    }

    [Fact]
    public void The_example_in_the_deployment_folder_is_a_good_one_and_costs_what_the_closest_peer_asks()
    {
        var json = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "deploy", "prices", "example.json"));

        var list = PriceListReader.Read(json, PriceFiles.Tokens);
        var twelve = Resources.Of("instance", [KeyValuePair.Create("compute_units", Quantity.Of(12)), KeyValuePair.Create("storage_mib", Quantity.Of(20_480))]);

        Assert.Equal(["gpu", "instance"], list.Plans.Keys);
        Assert.Equal("183333333333333", Pricer.Price(list, twelve, PriceFiles.Tokens["ALEPH"]).Price!.Rate.ToDecimal());
        Assert.Equal("47500000000000", Pricer.Price(list, twelve, PriceFiles.Tokens["USDCx"]).Price!.Rate.ToDecimal());
    }

    [Theory]
    [InlineData("{", "the file: is no JSON.")]
    [InlineData("[]", "the file: must be an object.")]
    [InlineData("{}", "version: is required.|plans: is required.")]
    [InlineData("""{"version":1,"plans":{}}""", "version: must be a string, in quotes.|plans: is empty.")]
    [InlineData("""{"version":"a b","plans":{"p":{"components":{}}},"note":1}""", "version: a name has|plans.p.components: is empty.|note: is not known here.")]
    [InlineData("""{"version":"1","version":"2","plans":{"p":[]}}""", "version: stands there twice.|plans.p: must be an object.")]
    public void Everything_that_is_wrong_with_a_file_is_told_at_once_by_its_path(string json, string problems) => AssertProblems(json, problems);

    [Theory]
    [InlineData("0.055", "1e-3", "plans.p.components.cu.price_per_hour.ALEPH: '1e-3' is no price")]
    [InlineData("0.055", "0.0000000000000000001", "plans.p.components.cu.price_per_hour.ALEPH: '0.0000000000000000001' is no price")]
    [InlineData("\"0.055\"", "0.055", "plans.p.components.cu.price_per_hour.ALEPH: must be a string, in quotes.")]
    [InlineData("ALEPH", "DOGE", "plans.p.components.cu.price_per_hour.DOGE: is not a token of this gateway. It has ALEPH, USDCx.")]
    [InlineData("{\"ALEPH\":\"0.055\"}", "{}", "plans.p.components.cu.price_per_hour: names no token.")]
    [InlineData("{\"price_per_hour\":", "{\"incluled\":\"1\",\"maximum\":\"-1\",\"while_paused\":1,\"price_per_hour\":", "plans.p.components.cu.maximum: '-1' is no quantity|plans.p.components.cu.while_paused: must be true or false.|plans.p.components.cu.incluled: is not known here.")]
    [InlineData("{\"cu\":", "{\"mib\":{\"price_per_hour\":{\"USDCx\":\"1\"}},\"cu\":", "plans.p.components.mib.price_per_hour.ALEPH: is required|plans.p.components.cu.price_per_hour.USDCx: is required")]
    [InlineData("{\"price_per_hour\":", "{\"usd_per_hour\":\"1e3\",\"price_per_hour\":", "plans.p.components.cu.usd_per_hour: '1e3' is no price: dollars")]
    [InlineData("\"price_per_hour\":{\"ALEPH\":\"0.055\"}", "\"usd_per_hour\":1", "plans.p.components.cu.usd_per_hour: must be a string, in quotes.")]
    [InlineData("\"cu\"", "\"c u\"", "plans.p.components.c u: a name has 1 to 64 characters")]
    public void So_is_what_is_wrong_with_a_component(string part, string instead, string problems) => AssertProblems(Good.Replace(part, instead, StringComparison.Ordinal), problems);

    [Theory]
    [InlineData("{}", "split: must be a list.")]
    [InlineData("[]", "split: has 0 parts, of 1 to 16.")]
    [InlineData("""[{"role":"node","share_ppm":999999}]""", "split: the shares add up to 999999 ppm, not to 1000000.")]
    [InlineData("""[{"role":"a","share_ppm":500000},{"role":"b","share_ppm":500000}]""", "split: leaves more than one part without an address")]
    [InlineData("""[{"share_ppm":0,"address":"0x12"}]""", "split[0].role: is required.|split[0].share_ppm: 0 is outside 1 to 1000000.|split[0].address: is no address")]
    [InlineData("""[{"role":"n","share_ppm":0.5,"adress":"0x"}]""", "split[0].share_ppm: must be a whole number.|split[0].adress: is not known here.")]
    [InlineData(
        """[{"role":"a","share_ppm":500000,"address":"0x00000000000000000000000000000000000000aa"},{"role":"b","share_ppm":500000,"address":"0x00000000000000000000000000000000000000aa"}]""",
        "split: names a payee twice.")]
    public void So_is_what_is_wrong_with_a_split(string split, string problems)
    {
        AssertProblems(Good.Replace("{\"version\"", $"{{\"split\":{split},\"version\"", StringComparison.Ordinal), problems);
        AssertProblems(
            Good.Replace("{\"components\"", $"{{\"split\":{split},\"components\"", StringComparison.Ordinal),
            string.Join('|', problems.Split('|').Select(p => "plans.p." + p)));
    }

    [Fact]
    public void A_file_that_is_missing_or_a_directory_is_a_problem_like_any_other()
    {
        Assert.Contains("cannot be read", Assert.Single(Assert.Throws<PriceListException>(() => PriceFile.Read("/nowhere/prices.json")).Problems), StringComparison.Ordinal);
        Assert.Contains("cannot be read", Assert.Single(Assert.Throws<PriceListException>(() => PriceFile.Read(AppContext.BaseDirectory)).Problems), StringComparison.Ordinal);
    }

    private static void AssertProblems(string json, string problems)
    {
        var told = Assert.Throws<PriceListException>(() => PriceFiles.Read(json)).Problems;
        var expected = problems.Split('|');
        Assert.True(
            expected.Length == told.Count && expected.Zip(told).All(p => p.Second.StartsWith(p.First, StringComparison.Ordinal)),
            string.Join('\n', told));
    }
}
