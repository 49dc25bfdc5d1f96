using Gateway.Chain.Signing;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Superfluid.Gateway.V1;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Tests.Accounts.Ledger.Schedules;

/// <summary>How a scheduler tells of its leases: requests of one lease in their order, reports as they come, each until it is answered.</summary>
internal sealed class Telling(ScheduleStage stage)
{
    public Post Post { get; } = new(stage);

    public Task OpenAsync(PlannedLease lease)
    {
        var request = new OpenLeaseRequest
        {
            LeaseId = lease.Id,
            VmId = lease.Id,
            Payer = Eip55.Format(lease.Account.Payer),
            Token = lease.Account.SuperToken.ToString(),
            Price = new Price { FlowRate = $"{lease.FirstRate}" },
            PausedFlowRate = $"{lease.PausedRate}",
            StartsAt = Instant(lease.OpenedAt),
            Payees = { lease.Shares.Select(s => new Wire.Payee { Address = Eip55.Format(s.Payee), SharePpm = s.Share, Role = "node" }) },
        };
        return RequestAsync(lease, c => c.Leases.OpenLeaseAsync(request));
    }

    public Task PriceAsync(PlannedLease lease, long at, long rate)
    {
        var request = new UpdateLeaseRequest { LeaseId = lease.Id, Price = new Price { FlowRate = $"{rate}" }, EffectiveAt = Instant(at) };
        return RequestAsync(lease, c => c.Leases.UpdateLeaseAsync(request));
    }

    public Task IsolateAsync(PlannedLease lease) =>
        RequestAsync(lease, c => c.Operations.IsolateLeaseAsync(new IsolateLeaseRequest { LeaseId = lease.Id, Why = "somebody looks at it" }));

    public Task ReleaseAsync(PlannedLease lease) => RequestAsync(lease, c => c.Operations.ReleaseLeaseAsync(new ReleaseLeaseRequest { LeaseId = lease.Id }));

    public Task CloseAsync(PlannedLease lease, long at)
    {
        var request = new CloseLeaseRequest { LeaseId = lease.Id, EndedAt = Instant(at) };
        return RequestAsync(lease, async c =>
        {
            var closed = await c.Leases.CloseLeaseAsync(request);
            lease.IsCloseTaken = true;
            return closed;
        });
    }

    /// <summary>It is told at once.</summary>
    public Task ReportAsync(PlannedLease lease, long at, bool runs) => Post.SendAsync(() => SayAsync(lease, at, runs));

    /// <summary>It waits in the post, and some of it leaves twice.</summary>
    public void Put(PlannedLease lease, long at, bool runs)
    {
        for (var times = stage.Dice.Next(5) == 0 ? 2 : 1; times > 0; times--)
            Post.Put(() => SayAsync(lease, at, runs));
    }

    /// <summary>As the gateway says, or, where it cannot be asked, as it said last.</summary>
    public async Task<bool> MayRunAsync(PlannedLease lease)
    {
        if (!lease.IsIsolated && lease.Requests.IsCompleted && await stage.TryAskAsync(c => c.Leases.GetLeaseAsync(new GetLeaseRequest { LeaseId = lease.Id })) is { } told)
            lease.MayRun = told is { State: LeaseState.Active or LeaseState.Updating, Execution: Execution.Run };
        return lease.MayRun;
    }

    /// <summary>After all that was asked of the lease before.</summary>
    private Task RequestAsync(PlannedLease lease, Func<ScheduleCalls, Task<Lease>> request)
    {
        var before = lease.Requests;
        return Post.SendAsync(() => lease.Requests = InTurnAsync());

        async Task InTurnAsync()
        {
#pragma warning disable VSTHRD003 // Begun by this very object.
            await before;
#pragma warning restore VSTHRD003
            await stage.AskAsync(request);
        }
    }

    private async Task SayAsync(PlannedLease lease, long at, bool runs)
    {
        var request = new ReportExecutionRequest { LeaseId = lease.Id, Execution = runs ? Execution.Run : Execution.Pause, At = Instant(at) };
        try
        {
            await stage.AskAsync(c => c.Leases.ReportExecutionAsync(request));
            lease.Arrived(at, runs);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.InvalidArgument && e.GetRpcStatus()?.GetDetail<BadRequest>()?.FieldViolations.Any(v => v.Field == "at") == true)
        {
            lease.Refused(at);
        }
    }

    private static Timestamp Instant(long milliseconds) => Timestamp.FromDateTimeOffset(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds));
}
