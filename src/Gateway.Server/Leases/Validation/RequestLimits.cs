namespace Gateway.Server.Leases.Validation;

/// <summary>Bounds of what a request may hold. A bound keeps one request from filling memory, Redis or a transaction; none of them is near what is useful.</summary>
internal static class RequestLimits
{
    /// <summary>Characters of a VM's name.</summary>
    public const int VmId = 256;

    /// <summary>Each payee is a flow, and all flows of a lease go into one transaction.</summary>
    public const int Payees = 16;

    public const int Role = 64;

    /// <summary>Characters of the name of a plan, of a component, of a price list's version.</summary>
    public const int PlanName = 64;

    /// <summary>Components of one plan, and quantities of one request.</summary>
    public const int Quantities = 32;

    public const int Labels = 32;

    public const int LabelKey = 128;

    public const int LabelValue = 256;

    /// <summary>An engineer's sentence.</summary>
    public const int Why = 512;

    /// <summary>Characters of a cursor or a page token; ours are shorter.</summary>
    public const int Token = 1024;

    public const int PageSize = 1000;

    public const int DefaultPageSize = 100;

    /// <summary>How far a caller's clock may be ahead of ours.</summary>
    public static readonly TimeSpan Future = TimeSpan.FromMinutes(5);

    /// <summary>How late something may be told: a month that is billed, and some days to find out.</summary>
    public static readonly TimeSpan Past = TimeSpan.FromDays(35);

    /// <summary>Longest time that a call waits for a state.</summary>
    public static readonly TimeSpan Wait = TimeSpan.FromMinutes(5);

    /// <summary>Where a call waits and does not say how long.</summary>
    public static readonly TimeSpan DefaultWait = TimeSpan.FromSeconds(30);
}
