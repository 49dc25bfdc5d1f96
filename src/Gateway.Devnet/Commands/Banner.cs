using Gateway.Chain.Signing;
using Gateway.Devnet.World;
using Spectre.Console;

namespace Gateway.Devnet.Commands;

/// <summary>What somebody at the console wants to know once everything is up.</summary>
internal sealed class Banner(IAnsiConsole console)
{
    public void Show(DevnetWorld world, ReadyFile ready, bool isWithGateway)
    {
        var chain = world.Chain;
        var rows = new Grid().AddColumn(new GridColumn().NoWrap().PadRight(2)).AddColumn();
        Row("chain", $"{UrlText.Of(chain.Anvil.Url)} (id {chain.Deployment.ChainId})");
        Row("redis", world.Redis);
        Row("gRPC", isWithGateway ? UrlText.Of(world.GrpcUrl) : $"{UrlText.Of(world.GrpcUrl)} (for your gateway)");
        Row("HTTP", isWithGateway ? UrlText.Of(world.HttpUrl) : $"{UrlText.Of(world.HttpUrl)} (for your gateway)");
        Row("operator", Eip55.Format(chain.Accounts.Operator.Address));
        foreach (var token in chain.Deployment.Tokens)
            Row(token.Symbol, Eip55.Format(token.Address));
        Row("payers", $"{chain.Accounts.Payers.Length}, with their keys in {ready.Path}");
        console.Write(new Panel(rows).Header(" Superfluid gateway devnet ").RoundedBorder());
        console.MarkupLine("[grey]The keys are known to everybody: never send anything of worth to them. Ctrl-C stops everything.[/]");

        void Row(string name, string value) => rows.AddRow(new Text(name, new Style(decoration: Decoration.Bold)), new Text(value));
    }
}
