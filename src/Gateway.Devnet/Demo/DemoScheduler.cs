using System.Collections.Concurrent;
using System.Threading.Channels;
using Gateway.Client;
using Superfluid.Gateway.V1;

namespace Gateway.Devnet.Demo;

/// <summary>A VM scheduler as a cloud would write it: it does what directives say, and reports what it did and when.</summary>
internal sealed class DemoScheduler(SchedulerClient gateway, TimeProvider time) : IDisposable
{
    private readonly ConcurrentDictionary<string, VirtualMachine> _machines = new(StringComparer.Ordinal);
    private readonly Channel<Directive> _handled = Channel.CreateUnbounded<Directive>();
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    public IReadOnlyCollection<VirtualMachine> Machines => [.. _machines.Values.OrderBy(m => m.Name, StringComparer.Ordinal)];

    public VirtualMachine this[string vm] => _machines.GetOrAdd(vm, name => new VirtualMachine(name));

    /// <summary>Follows directives until the token ends it.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await foreach (var directive in gateway.DirectivesAsync(cancellationToken: cancellationToken))
        {
            Apply(this[directive.VmId], directive.Execution);
            await gateway.ReportAsync(directive, time.GetUtcNow(), cancellationToken);
            // Delivered at least once: the story is told each of them once.
            if (_seen.Add(directive.DirectiveId))
                await _handled.Writer.WriteAsync(directive, cancellationToken);
        }
    }

    /// <summary>The next directive that was carried out and reported on.</summary>
    public ValueTask<Directive> NextAsync(CancellationToken cancellationToken) => _handled.Reader.ReadAsync(cancellationToken);

    /// <summary>The scheduler's own decision: the customer wants the VM gone.</summary>
    public async Task EndAsync(string leaseId, string vm, CancellationToken cancellationToken)
    {
        this[vm].Terminate();
        await gateway.Leases.CloseLeaseAsync(new CloseLeaseRequest { LeaseId = leaseId }, cancellationToken: cancellationToken);
    }

    public void Dispose()
    {
        foreach (var machine in _machines.Values)
            machine.Dispose();
    }

    private static void Apply(VirtualMachine machine, Execution execution)
    {
        switch (execution)
        {
            case Execution.Run:
                machine.Run();
                break;
            case Execution.Pause:
                machine.Pause();
                break;
            case Execution.Terminate:
                machine.Terminate();
                break;
            case Execution.Wait or Execution.Unspecified:
                break;
        }
    }
}
