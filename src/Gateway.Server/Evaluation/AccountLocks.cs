using Gateway.Domain.Identity;

namespace Gateway.Server.Evaluation;

/// <summary>One change of an account at a time within this process: a courtesy that saves repeated work. Redis decides between replicas.</summary>
/// <remarks>Striped, so that its memory does not grow with accounts. Nobody holds two, so nobody waits in a circle.</remarks>
internal sealed class AccountLocks : IDisposable
{
    private const int Stripes = 1024;

    private readonly SemaphoreSlim[] _stripes = [.. Enumerable.Range(0, Stripes).Select(_ => new SemaphoreSlim(1, 1))];

    public async Task<IDisposable> EnterAsync(AccountKey key, CancellationToken cancellationToken)
    {
        var stripe = _stripes[(key.GetHashCode() & int.MaxValue) % Stripes];
        await stripe.WaitAsync(cancellationToken);
        return new Held(stripe);
    }

    public void Dispose()
    {
        foreach (var stripe in _stripes)
            stripe.Dispose();
    }

    private sealed class Held(SemaphoreSlim stripe) : IDisposable
    {
        public void Dispose() => stripe.Release();
    }
}
