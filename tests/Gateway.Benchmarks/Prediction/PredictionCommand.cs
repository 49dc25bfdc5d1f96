using System.CommandLine;
using System.Globalization;
using Gateway.Benchmarks.Running;
using Gateway.Devnet.Anvil;
using Gateway.Devnet.World;
using Gateway.Testing.Chains;

namespace Gateway.Benchmarks.Prediction;

/// <summary><c>prediction</c>: the predicted critical second of random accounts against the contracts' own, beside two simpler ways to predict it.</summary>
internal sealed class PredictionCommand(TextWriter output, TimeProvider time)
{
    private readonly Option<int> _accounts = Numbers.Option("--accounts", "Accounts with flows, incomes, shares of pools and minimum deposits.", 1_000);
    private readonly Option<int> _seed = Numbers.Option("--seed", "The same seed, the same accounts.", 1);

    public Command Create()
    {
        var command = new Command("prediction", "Predicted critical second ↔ the chain's.") { _accounts, _seed };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(_accounts), parsed.GetValue(_seed), cancellationToken));
        return command;
    }

    private async Task<int> RunAsync(int count, int seed, CancellationToken cancellationToken)
    {
        await using var chain = await DevnetChain.StartAsync(new AnvilOptions(), payers: 0, Console.Error.WriteLine, time, cancellationToken);
        await Console.Error.WriteLineAsync("Making accounts…");
        var accounts = await new RandomAccounts(chain, seed).CreateAsync(count, cancellationToken);
        await Console.Error.WriteLineAsync("Asking…");
        var found = await new PredictionCheck(chain).RunAsync(accounts, cancellationToken);

        var table = new MarkdownTable($"critical second of {found.Accounts} accounts (seed {seed}; {found.Never} never critical)", "wrong", "target");
        table.Add("**the gateway's: every agreement**", Text(found.Wrong), "0");
        table.Add("baseline: the CFA alone", Text(found.WrongByCfa), "");
        table.Add("baseline: the account's own flows alone", Text(found.WrongByOwnFlows), "");
        table.Print(output);
        return found.Wrong == 0 ? 0 : 1;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
