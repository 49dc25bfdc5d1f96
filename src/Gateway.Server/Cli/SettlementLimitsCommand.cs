using System.CommandLine;
using Superfluid.Gateway.V1;

namespace Gateway.Server.Cli;

/// <summary><c>settlement limits</c>: what changes may cost, while it runs.</summary>
internal static class SettlementLimitsCommand
{
    public static Command Make()
    {
        var (address, json) = (GatewayConnection.Address(), GatewayConnection.AsJson());
        var (stopLoss, open, raise, lower, trim) = (Ceiling("stop-loss"), Ceiling("open"), Ceiling("raise"), Ceiling("lower"), Ceiling("trim"));
        var budget = new Option<string>("--daily-budget") { Description = "Native wei that one UTC day may cost.", DefaultValueFactory = _ => "" };
        var pause = new Option<bool>("--pause") { Description = "Plan nothing new until the limits are set again without it." };
        var command = new Command("limits", "Sets by hand what changes may cost, for all replicas. What is not given goes back to the configuration.")
        {
            address, json, stopLoss, open, raise, lower, trim, budget, pause,
        };
        command.SetAction((parsed, ct) => GatewayConnection.AskAsync(
            parsed.GetRequiredValue(address),
            parsed.GetValue(json),
            async client =>
            {
                var request = new SetSettlementLimitsRequest
                {
                    Ceilings = new GasCeilings
                    {
                        StopLoss = parsed.GetValue(stopLoss),
                        Open = parsed.GetValue(open),
                        Raise = parsed.GetValue(raise),
                        Lower = parsed.GetValue(lower),
                        Trim = parsed.GetValue(trim),
                    },
                    DailyBudget = parsed.GetValue(budget),
                    Paused = parsed.GetValue(pause),
                };
                return await client.Operations.SetSettlementLimitsAsync(request, cancellationToken: ct);
            },
            answer => answer.Lanes.SelectMany(OperationsCommands.Show)));
        return command;
    }

    private static Option<uint> Ceiling(string name) => new($"--{name}") { Description = $"Most that a gas may cost for {name}, in nAVAX." };
}
