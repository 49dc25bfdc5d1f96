using System.Collections.Immutable;
using System.CommandLine;
using Gateway.Client;
using Gateway.Devnet.Demo;
using Gateway.Devnet.Parts;
using Gateway.Devnet.World;
using Grpc.Core;
using Spectre.Console;

namespace Gateway.Devnet.Commands;

/// <summary><c>demo</c>: tells the whole story on the same parts as <c>up</c>, and ends with 0 only if every step was confirmed.</summary>
internal sealed class DemoCommand(IAnsiConsole console, TimeProvider time)
{
    private const int Failed = 1;

    public Command Create()
    {
        var command = new Command("demo", "Tells the life of two VMs, step by step, each checked against the chain.");
        command.SetAction((_, cancellationToken) => RunAsync(cancellationToken));
        return command;
    }

    private async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var world = await console.Status().StartAsync(
                "Starting…", status => DevnetWorld.StartAsync(new DevnetOptions(), text => status.Status(Markup.Escape(text)), time, cancellationToken));
            await using var gateway = await GatewayHost.StartAsync(world, GatewayOutput.None, time, cancellationToken);
            using var client = new SchedulerClient(world.GrpcUrl, time);
            using var scheduler = new DemoScheduler(client, time);
            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, gateway.Stopping, world.Broken);
            var following = FollowAsync(scheduler, end.Token);
            var succeeded = await TellAsync(new DemoStory(world, client, scheduler, time), scheduler, end.Token);
            await end.CancelAsync();
            await following;
            return succeeded ? 0 : Failed;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return Failed;
        }
        catch (DevnetException e)
        {
            console.MarkupLineInterpolated($"[red]{e.Message}[/]");
            return Failed;
        }
    }

    private async Task<bool> TellAsync(DemoStory story, DemoScheduler scheduler, CancellationToken cancellationToken)
    {
        var table = new DemoTable(story.Steps);
        // A terminal shows the table as it fills; a file or a pipe gets a line for each step.
        var succeeded = console.Profile.Capabilities.Interactive
            ? await console.Live(table.Render(scheduler.Machines)).StartAsync(live => TellAsync(
                story.Steps, table, _ => live.UpdateTarget(table.Render(scheduler.Machines)), cancellationToken))
            : await TellAsync(story.Steps, table, WriteLine, cancellationToken);
        console.MarkupLine(succeeded ? "[green]Every step was confirmed on chain.[/]" : "[red]A step failed.[/]");
        return succeeded;

        void WriteLine(int step)
        {
            if (table.IsTold(step))
                console.MarkupLine(table.LineOf(step));
        }
    }

    private static async Task<bool> TellAsync(ImmutableArray<DemoStep> steps, DemoTable table, Action<int> show, CancellationToken cancellationToken)
    {
        for (var i = 0; i < steps.Length; i++)
        {
            table.Begin(i);
            show(i);
            try
            {
                table.Succeed(i, await steps[i].RunAsync(cancellationToken));
            }
            catch (Exception e) when (e is DemoFailedException or RpcException or DevnetException)
            {
                table.Fail(i, e is RpcException rpc ? $"{rpc.StatusCode}: {rpc.Status.Detail}" : e.Message);
                return false;
            }
            finally
            {
                show(i);
            }
        }

        return true;
    }

    private static async Task FollowAsync(DemoScheduler scheduler, CancellationToken cancellationToken)
    {
        try
        {
            await scheduler.RunAsync(cancellationToken);
        }
        catch (Exception e) when (cancellationToken.IsCancellationRequested && e is OperationCanceledException or RpcException)
        {
            // It was told to end.
        }
    }
}
