using System.CommandLine;

namespace Gateway.Server.Cli;

/// <summary>The verbs of the executable: <c>serve</c> runs a gateway, the others ask one that runs, or look at what one would run on.</summary>
/// <remarks>Exit codes: 0 done, 1 the answer is bad news (a check failed, a lease is unknown), 2 the configuration cannot work, 3 no gateway answers.</remarks>
internal static class GatewayCommandLine
{
    public static Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand("The payment gateway between a VM scheduler and Superfluid streams.")
        {
            Serve(),
            DoctorCommand.Create(),
            LeaseCommands.Create(),
            OperationsCommands.Breakers(),
            OperationsCommands.Settlement(),
            OperationsCommands.Reconcile(),
            OperationsCommands.Rebuild(),
            PriceCommands.Create(),
            StatementCommands.Create(),
            KeyCommands.Create(),
        };
        return root.Parse(args).InvokeAsync();
    }

    private static Command Serve()
    {
        var serve = new Command("serve", "Runs the gateway. Configuration: appsettings.json, environment (Gateway__…), and --Gateway:…=… behind the verb.")
        {
            TreatUnmatchedTokensAsErrors = false,
        };
        // Its own host reacts to Ctrl-C and SIGTERM, and finishes what is under way.
        serve.SetAction((parsed, _) => GatewayApplication.RunAsync([.. parsed.UnmatchedTokens], Console.Error));
        return serve;
    }
}
