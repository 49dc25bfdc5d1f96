using Gateway.Server.Storage;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Leases.Validation;

/// <summary>From where on directives are wanted, found to be well-formed.</summary>
/// <param name="From">Null: the oldest one that nobody reported on.</param>
internal sealed record WatchOrder(DirectiveCursor? From, bool Follow)
{
    /// <exception cref="Errors.InvalidRequestException">The cursor is not one of ours.</exception>
    public static WatchOrder Read(Wire.WatchDirectivesRequest request)
    {
        if (request.Cursor.Length == 0)
            return new WatchOrder(From: null, request.Follow);
        return DirectiveCursor.TryParse(request.Cursor, out var cursor)
            ? new WatchOrder(cursor, request.Follow)
            : throw new Errors.InvalidRequestException("cursor", "is not one of ours: take that of the last directive that was handled, or none.");
    }
}
