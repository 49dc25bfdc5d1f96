using System.Runtime.CompilerServices;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;
using Superfluid.Gateway.V1;

namespace Gateway.Client;

/// <summary>The gateway as a VM scheduler uses it. Thread-safe; one per process is enough.</summary>
/// <remarks>
/// Unary calls are repeated while the gateway is unavailable: every change is idempotent by its lease id. Directives come at least once, in order per VM;
/// what a directive says is a level, so carrying one out twice is harmless.
/// </remarks>
public sealed class SchedulerClient : IDisposable
{
    private const int MaxAttempts = 5;

    /// <summary>The statement of a busy account, with a line for each change of a flow, is far above the 4 MiB that gRPC has by default: this is some million lines.</summary>
    private const int MostReceivedBytes = 256 * 1024 * 1024;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly GrpcChannel _channel;
    private readonly TimeProvider _time;

    /// <param name="address">The gateway's gRPC URL; http means HTTP/2 without TLS.</param>
    /// <param name="time">For pauses between two tries. Default: the system's clock.</param>
    public SchedulerClient(Uri address, TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        _channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { ServiceConfig = Retrying(), MaxReceiveMessageSize = MostReceivedBytes });
        Leases = new LeaseService.LeaseServiceClient(_channel);
        Accounts = new AccountService.AccountServiceClient(_channel);
        Operations = new OperationsService.OperationsServiceClient(_channel);
    }

    /// <summary>Everything about leases.</summary>
    public LeaseService.LeaseServiceClient Leases { get; }

    /// <summary>Balances, runways and prepared transactions of payers.</summary>
    public AccountService.AccountServiceClient Accounts { get; }

    /// <summary>Breakers, settlement, reconciliation.</summary>
    public OperationsService.OperationsServiceClient Operations { get; }

    /// <summary>Directives for as long as the token lives, over reconnects and restarts of the gateway.</summary>
    /// <param name="cursor">Of the last directive that was carried out; empty: begins at the oldest one that nobody reported on.</param>
    /// <remarks>A directive that is not reported on comes again: call <see cref="ReportAsync"/> once the VM does what it says.</remarks>
    /// <exception cref="RpcException">The gateway refuses the cursor or the caller: trying again would not help.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async IAsyncEnumerable<Directive> DirectivesAsync(string cursor = "", [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var pause = FirstPause;
        while (!cancellationToken.IsCancellationRequested)
        {
            using var call = Leases.WatchDirectives(new WatchDirectivesRequest { Cursor = cursor, Follow = true }, cancellationToken: cancellationToken);
            while (await NextAsync(call, cancellationToken) is { } directive)
            {
                pause = FirstPause;
                // A redelivered one carries the position it has, which never leads back behind what was read.
                cursor = directive.Cursor;
                yield return directive;
            }

            await Task.Delay(pause, _time, cancellationToken);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <summary>Says what a VM does since when. It acknowledges the directive and drives the meter.</summary>
    /// <param name="at">To the millisecond; when it happened, not when it is reported.</param>
    public async Task<Lease> ReportAsync(Directive directive, DateTimeOffset at, CancellationToken cancellationToken = default) =>
        await Leases.ReportExecutionAsync(
            new ReportExecutionRequest
            {
                LeaseId = directive.LeaseId,
                Execution = directive.Execution,
                At = Timestamp.FromDateTimeOffset(at),
                DirectiveId = directive.DirectiveId,
            },
            cancellationToken: cancellationToken);

    /// <summary>What every VM should be doing now: for a scheduler that lost its directives. A VM that none of them names has no lease any more, and must not run.</summary>
    public async IAsyncEnumerable<Lease> ReconcileAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var request = new ListLeasesRequest { PageSize = 1000 };
        request.States.Add([LeaseState.Opening, LeaseState.Active, LeaseState.Updating, LeaseState.Paused, LeaseState.Closing]);
        do
        {
            var page = await Leases.ListLeasesAsync(request, cancellationToken: cancellationToken);
            foreach (var lease in page.Leases)
                yield return lease;
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
    }

    public void Dispose() => _channel.Dispose();

    /// <returns>Null where the stream ended or broke: it is opened again.</returns>
    private static async Task<Directive?> NextAsync(AsyncServerStreamingCall<Directive> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call.ResponseStream.MoveNext(cancellationToken) ? call.ResponseStream.Current : null;
        }
        catch (RpcException e) when (cancellationToken.IsCancellationRequested)
        {
            // The caller's own doing, which is told in the words of .NET and not of gRPC.
            throw new OperationCanceledException(e.Message, e, cancellationToken);
        }
        catch (RpcException e) when (IsPassing(e.StatusCode))
        {
            return null;
        }
    }

    private static bool IsPassing(StatusCode status) =>
        status is StatusCode.Unavailable or StatusCode.Cancelled or StatusCode.Internal or StatusCode.DeadlineExceeded or StatusCode.Unknown;

    private static ServiceConfig Retrying() => new()
    {
        MethodConfigs =
        {
            new MethodConfig
            {
                Names = { MethodName.Default },
                RetryPolicy = new RetryPolicy
                {
                    MaxAttempts = MaxAttempts,
                    InitialBackoff = FirstPause,
                    MaxBackoff = LongestPause,
                    BackoffMultiplier = 2,
                    RetryableStatusCodes = { StatusCode.Unavailable },
                },
            },
        },
    };
}
