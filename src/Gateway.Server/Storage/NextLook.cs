using Gateway.Domain.Accounts;

namespace Gateway.Server.Storage;

/// <summary>When an account must be looked at again, and how.</summary>
/// <param name="At">Null: never by itself.</param>
/// <param name="Quiet">Null: only a full look will do.</param>
internal sealed record NextLook(DateTimeOffset? At, QuietAccount? Quiet = null)
{
    public static readonly NextLook Never = new(At: null);
}
