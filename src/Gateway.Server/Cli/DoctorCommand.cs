using System.CommandLine;
using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Chain.Transport;
using Gateway.Server.Chains;
using Gateway.Server.Configuration;
using Gateway.Server.Storage;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Gateway.Server.Cli;

/// <summary><c>doctor</c>: whether a gateway could run here, without starting one: configuration, Redis, the chain, the operator's gas.</summary>
internal static class DoctorCommand
{
    private const int Unwell = 1;

    public static Command Create()
    {
        var command = new Command("doctor", "Checks what serve would need, and changes nothing.") { TreatUnmatchedTokensAsErrors = false };
        command.SetAction((parsed, ct) => RunAsync([.. parsed.UnmatchedTokens], ct));
        return command;
    }

    private static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        await using var app = GatewayApplication.Build(args, builder => builder.Logging.ClearProviders());
        try
        {
            app.Services.GetRequiredService<IStartupValidator>().Validate();
            foreach (var line in app.Services.GetRequiredService<Banner>().Lines())
                await Console.Out.WriteLineAsync(line);
            List<string> problems = [.. await RedisAsync(app.Services), .. await ChainAsync(app.Services, cancellationToken)];
            foreach (var problem in problems)
                await Console.Out.WriteLineAsync($"PROBLEM  {problem}");
            await Console.Out.WriteLineAsync(problems.Count == 0 ? "All is well." : $"{problems.Count} problems.");
            return problems.Count == 0 ? 0 : Unwell;
        }
        catch (Exception e) when (ConfigurationFailure.LinesOf(e) is { } lines)
        {
            ConfigurationFailure.Print(lines, Console.Error);
            return ConfigurationFailure.ExitCode;
        }
    }

    private static async Task<IReadOnlyList<string>> RedisAsync(IServiceProvider services)
    {
        try
        {
            return await RedisHealth.FindProblemsAsync(services.GetRequiredService<IOptions<RedisOptions>>().Value.Connection);
        }
        catch (RedisException e)
        {
            return [$"Redis does not answer: {e.Message}"];
        }
    }

    private static async Task<IReadOnlyList<string>> ChainAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        var (directory, rpc) = (services.GetRequiredService<ChainDirectory>(), services.GetRequiredService<IEthRpc>());
        try
        {
            var facts = await new DeploymentCheck(directory.Deployment, rpc).RunAsync(cancellationToken);
            foreach (var token in facts.Tokens)
                await Console.Out.WriteLineAsync($"{token.Token.Symbol} {token.Token.Address}: liquidation period {token.Parameters.LiquidationPeriodSeconds} s, minimum deposit {token.Parameters.MinimumDeposit}");
            var balance = await rpc.GetBalanceAsync(directory.Operator, await rpc.GetBlockNumberAsync(cancellationToken), cancellationToken);
            await Console.Out.WriteLineAsync($"operator {directory.Operator} has {balance}");
            return balance.Value.IsZero ? [.. facts.Problems, "The operator has no native coin to pay gas with."] : facts.Problems;
        }
        catch (ChainException e)
        {
            return [$"The chain cannot be asked: {e.Message}"];
        }
    }
}
