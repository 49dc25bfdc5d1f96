using System.CommandLine;
using Gateway.Devnet.Commands;
using Spectre.Console;

var root = new RootCommand("The gateway with everything around it on this machine, on the real Superfluid contracts.")
{
    new UpCommand(AnsiConsole.Console, TimeProvider.System).Create(),
    new DemoCommand(AnsiConsole.Console, TimeProvider.System).Create(),
};
// Long enough for a gateway to finish what it has begun.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(60) });
