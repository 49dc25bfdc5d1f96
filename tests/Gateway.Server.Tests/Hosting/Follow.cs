using Gateway.Domain.Identity;
using Gateway.Server.Storage;
using Grpc.Core;
using Superfluid.Gateway.V1;
using Xunit;

namespace Gateway.Server.Tests.Hosting;

/// <summary>Reads what a gateway tells by itself.</summary>
internal static class Follow
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static AsyncServerStreamingCall<Directive> Directives(this HostedGateway gateway, string cursor = "") =>
        gateway.Leases.WatchDirectives(new WatchDirectivesRequest { Cursor = cursor, Follow = true });

    /// <summary>What is there, and no more.</summary>
    public static async Task<List<Directive>> DirectivesThereAsync(this HostedGateway gateway, string cursor = "")
    {
        using var call = gateway.Leases.WatchDirectives(new WatchDirectivesRequest { Cursor = cursor });
        return await call.ResponseStream.ReadAllAsync(Cancellation).ToListAsync(Cancellation);
    }

    /// <summary>All that is kept of the log, in order per VM.</summary>
    public static async Task<List<StoredDirective>> ReadAllAsync(this DirectiveLog log)
    {
        List<StoredDirective> all = [];
        var cursor = DirectiveCursor.Start;
        while (await log.ReadAsync(cursor, 256, Cancellation) is { Count: > 0 } read)
        {
            all.AddRange(read.Select(r => r.Directive));
            cursor = read[^1].Cursor;
        }

        return all;
    }

    /// <summary>The directive of a lease that waits for a report; null where none does.</summary>
    public static async Task<StoredDirective?> WaitingAsync(this HostedGateway gateway, string leaseId)
    {
        var lease = await gateway.Leases.GetLeaseAsync(new GetLeaseRequest { LeaseId = leaseId });
        var account = new AccountKey(Address.Parse(lease.TokenAddress), Address.Parse(lease.Payer));
        return await gateway.Log.FindPendingAsync(account, LeaseId.Parse(leaseId), Cancellation);
    }

    /// <summary>The next item that is wanted; those before it are dropped.</summary>
    public static async Task<T> NextAsync<T>(this AsyncServerStreamingCall<T> call, Func<T, bool> wanted)
    {
        while (await call.ResponseStream.MoveNext(Cancellation))
        {
            if (wanted(call.ResponseStream.Current))
                return call.ResponseStream.Current;
        }

        throw new InvalidOperationException("The stream ended before what was waited for.");
    }
}
