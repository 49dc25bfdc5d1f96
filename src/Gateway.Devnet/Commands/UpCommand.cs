using System.CommandLine;
using System.Globalization;
using Gateway.Devnet.Parts;
using Gateway.Devnet.World;
using Spectre.Console;

namespace Gateway.Devnet.Commands;

/// <summary><c>up</c>: starts everything, says where it is, and runs until it is told to stop. Whatever ends it ends all parts.</summary>
internal sealed class UpCommand(IAnsiConsole console, TimeProvider time)
{
    private const int Failed = 1;

    private readonly Option<int> _blockTime = Number("--block-time", "Seconds between two blocks.", 1, least: 1, most: 3600);
    private readonly Option<int> _grpcPort = Port("--grpc-port", "Where the gateway serves schedulers.");
    private readonly Option<int> _httpPort = Port("--http-port", "Where the gateway serves customers, probes and its page.");
    private readonly Option<int> _rpcPort = Port("--rpc-port", "Where the chain answers, over HTTP and WebSocket.");
    private readonly Option<int> _redisPort = Port("--redis-port", "Where the embedded Redis answers.");
    private readonly Option<string?> _redis = new("--redis")
    {
        Description = "A Redis to use instead of the embedded one, as StackExchange.Redis takes it.",
        HelpName = "CONNECTION",
    };

    private readonly Option<int> _payers = Number("--payers", "Accounts with tokens and AVAX that may pay.", 3, least: 0, most: 10_000);
    private readonly Option<bool> _authorize = new("--authorize") { Description = "The payers have authorised the operator from the start." };
    private readonly Option<bool> _noGateway = new("--no-gateway") { Description = "Everything but the gateway; the ready file has the environment for one." };
    private readonly Option<FileInfo> _readyFile = new("--ready-file")
    {
        Description = "Written when everything answers, removed at the end.",
        HelpName = "PATH",
        DefaultValueFactory = _ => new FileInfo("devnet.json"),
    };

    public Command Create()
    {
        var command = new Command("up", "Starts a chain with the real Superfluid contracts, a Redis and the gateway, and runs until stopped.")
        {
            _blockTime, _grpcPort, _httpPort, _rpcPort, _redisPort, _redis, _payers, _authorize, _noGateway, _readyFile,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, cancellationToken));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var ready = new ReadyFile(parsed.GetRequiredValue(_readyFile).FullName);
        ready.Remove();
        try
        {
            await using var world = await StartAsync(OptionsOf(parsed), cancellationToken);
            await using var gateway = parsed.GetValue(_noGateway) ? null : await GatewayHost.StartAsync(world, GatewayOutput.Traces, time, cancellationToken);
            await ready.WriteAsync(world, cancellationToken);
            new Banner(console).Show(world, ready, isWithGateway: gateway is not null);
            await UntilTheEndAsync(world, gateway, cancellationToken);
            console.MarkupLine("[grey]Stopping…[/]");
            return 0;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return 0;
        }
        catch (DevnetException e)
        {
            console.MarkupLineInterpolated($"[red]{e.Message}[/]");
            return Failed;
        }
        finally
        {
            ready.Remove();
        }
    }

    private Task<DevnetWorld> StartAsync(DevnetOptions options, CancellationToken cancellationToken) => console.Status().StartAsync(
        "Starting…",
        status => DevnetWorld.StartAsync(options, text => status.Status(Markup.Escape(text)), time, cancellationToken));

    private static async Task UntilTheEndAsync(DevnetWorld world, GatewayHost? gateway, CancellationToken cancellationToken)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var asked = cancellationToken.Register(() => ended.TrySetResult());
        await using var broken = world.Broken.Register(() => ended.TrySetException(new DevnetException("The local chain has ended.")));
        await using var stopped = gateway?.Stopping.Register(() => ended.TrySetException(new DevnetException("The gateway has stopped by itself.")));
        await ended.Task;
    }

    private DevnetOptions OptionsOf(ParseResult parsed) => new()
    {
        BlockTime = TimeSpan.FromSeconds(parsed.GetValue(_blockTime)),
        GrpcPort = parsed.GetValue(_grpcPort),
        HttpPort = parsed.GetValue(_httpPort),
        RpcPort = parsed.GetValue(_rpcPort),
        RedisPort = parsed.GetValue(_redisPort),
        Redis = parsed.GetValue(_redis),
        Payers = parsed.GetValue(_payers),
        Authorize = parsed.GetValue(_authorize),
    };

    private static Option<int> Port(string name, string what) => Number(name, what + " 0: any free port.", 0, least: 0, most: 65535);

    private static Option<int> Number(string name, string what, int usual, int least, int most)
    {
        var option = new Option<int>(name) { Description = what, DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            // What is no number at all is said elsewhere.
            if (result.Tokens is [var given] && int.TryParse(given.Value, CultureInfo.InvariantCulture, out var value) && (value < least || value > most))
                result.AddError($"{name} takes {least} to {most}, not {value}.");
        });
        return option;
    }
}
