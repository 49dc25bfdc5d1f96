using Gateway.Domain.Accounts;

namespace Gateway.Server.Storage;

/// <summary>What storing a decision came to.</summary>
internal abstract record CommitResult
{
    private CommitResult()
    {
    }

    /// <param name="Book">As it is stored now, versions included. Leases that ended with this commit are still in it.</param>
    /// <param name="Directives">Those that were issued, in the order of their effects.</param>
    public sealed record Committed(AccountBook Book, IReadOnlyList<StoredDirective> Directives) : CommitResult;

    /// <summary>Somebody else stored a change meanwhile: load and decide anew. Nothing was written.</summary>
    public sealed record Conflict : CommitResult;
}
