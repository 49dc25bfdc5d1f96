using Gateway.Server.Leases;
using Gateway.Server.Storage;
using Google.Protobuf.WellKnownTypes;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Directives;

/// <summary>Directives as the wire has them.</summary>
internal static class DirectiveMapping
{
    /// <param name="cursor">From where a watcher goes on once he has handled this one; null: nobody is told of it to handle it.</param>
    /// <param name="delivery">1 the first time.</param>
    public static Wire.Directive ToWire(StoredDirective directive, DirectiveCursor? cursor, int delivery) => new()
    {
        DirectiveId = directive.Id.ToString(),
        Cursor = cursor?.ToString() ?? "",
        LeaseId = directive.Lease.Value,
        VmId = directive.VmId,
        Execution = directive.Execution.ToWire(),
        Reason = directive.Reason.ToWire(),
        IssuedAt = directive.IssuedAt.ToTimestamp(),
        UnpaidFrom = directive.UnpaidFrom?.ToTimestamp(),
        Evidence = LeaseMapping.ToWire(directive.Evidence),
        Traceparent = directive.TraceParent ?? "",
        Delivery = (uint)delivery,
    };
}
