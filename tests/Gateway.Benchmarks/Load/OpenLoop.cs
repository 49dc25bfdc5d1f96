using System.Collections.Concurrent;
using Gateway.Chain.Signing;
using Gateway.Client;
using Gateway.Domain.Identity;
using Grpc.Core;
using Superfluid.Gateway.V1;

namespace Gateway.Benchmarks.Load;

/// <summary>What became of one change.</summary>
/// <param name="DueAt">When it should have been asked for.</param>
/// <param name="AcceptedAt">When the gateway's answer was there.</param>
internal sealed record Submitted(VmChange Change, DateTimeOffset DueAt, DateTimeOffset AcceptedAt, Lease? Lease, string? Refusal);

/// <summary>Asks for changes when they are due, whether or not earlier ones are answered. Only changes of one and the same VM follow each other.</summary>
internal sealed class OpenLoop(SchedulerClient client, Address community, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<string, SemaphoreSlim> _turns = new(StringComparer.Ordinal);

    /// <summary>Asks again for as long as the gateway is not there: every change may be asked for twice.</summary>
    public bool IsPatient { get; init; }

    /// <returns>In the order in which they were accepted.</returns>
    public async Task<IReadOnlyList<Submitted>> RunAsync(IReadOnlyList<VmChange> changes, CancellationToken cancellationToken)
    {
        var start = time.GetUtcNow();
        var done = new ConcurrentQueue<Submitted>();
        var all = new List<Task>(changes.Count);
        foreach (var change in changes)
        {
            var early = start + change.Due - time.GetUtcNow();
            if (early > TimeSpan.Zero)
                await Task.Delay(early, time, cancellationToken);
            all.Add(SubmitAsync(change, start + change.Due, done, cancellationToken));
        }

        await Task.WhenAll(all);
        return [.. done];
    }

    public void Dispose()
    {
        foreach (var turn in _turns.Values)
            turn.Dispose();
    }

    private async Task SubmitAsync(VmChange change, DateTimeOffset dueAt, ConcurrentQueue<Submitted> done, CancellationToken cancellationToken)
    {
        // First come, first served: SemaphoreSlim hands on in the order of asking.
        var turn = _turns.GetOrAdd(change.Lease, _ => new SemaphoreSlim(1, 1));
        await turn.WaitAsync(cancellationToken);
        try
        {
            var lease = await AskPatientlyAsync(change, cancellationToken);
            done.Enqueue(new Submitted(change, dueAt, time.GetUtcNow(), lease, Refusal: null));
        }
        catch (RpcException e)
        {
            done.Enqueue(new Submitted(change, dueAt, time.GetUtcNow(), Lease: null, $"{e.StatusCode}: {e.Status.Detail}"));
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<Lease> AskPatientlyAsync(VmChange change, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await AskAsync(change, cancellationToken);
            }
            catch (RpcException e) when (
                IsPatient && e.StatusCode is StatusCode.Unavailable or StatusCode.Internal or StatusCode.Cancelled or StatusCode.Unknown)
            {
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    private async Task<Lease> AskAsync(VmChange change, CancellationToken cancellationToken) => change.Kind switch
    {
        ChangeKind.Open => await client.Leases.OpenLeaseAsync(OpenOf(change), cancellationToken: cancellationToken),
        ChangeKind.Resize => await client.Leases.UpdateLeaseAsync(
            new UpdateLeaseRequest { LeaseId = change.Lease, Price = PriceOf(change) }, cancellationToken: cancellationToken),
        ChangeKind.Close => await client.Leases.CloseLeaseAsync(new CloseLeaseRequest { LeaseId = change.Lease }, cancellationToken: cancellationToken),
        ChangeKind.Unspecified => throw new ArgumentException("A change without a kind.", nameof(change)),
    };

    private OpenLeaseRequest OpenOf(VmChange change) => new()
    {
        LeaseId = change.Lease,
        VmId = change.Lease,
        Payer = Eip55.Format(change.Payer),
        Token = "ALEPH",
        Price = PriceOf(change),
        Payees =
        {
            new Payee { Address = Eip55.Format(change.Node), SharePpm = TwoLegs.NodeShare, Role = "node" },
            new Payee { Address = Eip55.Format(community), SharePpm = TwoLegs.CommunityShare, Role = "community" },
        },
    };

    private static Price PriceOf(VmChange change) => new() { FlowRate = change.Rate.ToDecimal() };
}
