using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Telemetry;

namespace Gateway.Server.Settlement;

/// <summary>The signer has no answer, or not in time. A signature that nobody received has no effect: asking again is safe.</summary>
internal sealed class SignerUnavailableException(string message, Exception inner) : Exception(message, inner);

/// <summary>Sign, write ahead, send; in this order and in one place (I1).</summary>
internal sealed partial class AttemptSender(
    LanePorts ports, LaneLeadership leadership, LaneMemory memory, SettlementMetrics metrics, LaneTroubles troubles, ILogger<AttemptSender> logger)
{
    /// <summary>Makes one more attempt of a slot.</summary>
    /// <returns>Anything but <see cref="AttemptAnswer.Written"/>: nothing was sent.</returns>
    /// <exception cref="LaneDeposedException">Somebody else leads, or may lead by now.</exception>
    public Task<AttemptAnswer> AttemptAsync(
        LaneRound round, OpenSlot slot, AttemptKind kind, Func<CancellationToken, Task<SignedBatch>> sign, CancellationToken cancellationToken) => AttemptAsync(
            slot,
            kind,
            sign,
            attempt => ports.Lane.AppendAttemptAsync(
                round.Token,
                slot.Nonce,
                slot.Attempts.Length,
                attempt,
                kind == AttemptKind.First ? round.BudgetFor(slot.Plan.Urgency) : round.Options.DailyBudgetNavax,
                cancellationToken),
            cancellationToken);

    /// <summary>The same with other content, for which the slot answers from then on.</summary>
    /// <inheritdoc cref="AttemptAsync(LaneRound, OpenSlot, AttemptKind, Func{CancellationToken, Task{SignedBatch}}, CancellationToken)"/>
    public Task<AttemptAnswer> AmendAsync(
        LaneRound round, OpenSlot slot, SlotPlan plan, Func<CancellationToken, Task<SignedBatch>> sign, CancellationToken cancellationToken) => AttemptAsync(
            slot with { Plan = plan },
            AttemptKind.Amend,
            sign,
            attempt => ports.Lane.AmendAsync(
                round.Token, slot.Nonce, slot.Attempts.Length, attempt, round.Options.DailyBudgetNavax, plan, cancellationToken),
            cancellationToken);

    /// <summary>Hands bytes out that are written down.</summary>
    public async Task<BroadcastResult> SendAsync(SignedBatch batch, CancellationToken cancellationToken)
    {
        Guard("sending");
        var result = await ports.Chain.SendAsync(batch, cancellationToken);
        memory.Sent(batch.Hash, result.Kind);
        if (result.Kind == Broadcast.Accepted)
            troubles.Over(LaneTrouble.OutOfFunds);
        if (result.Kind == Broadcast.OutOfFunds)
            troubles.Met(LaneTrouble.OutOfFunds, result.Detail);
        if (result.Kind == Broadcast.Invalid)
            troubles.Met(LaneTrouble.InvalidTransaction, $"{batch.Hash}: {result.Detail}");
        return result;
    }

    private async Task<AttemptAnswer> AttemptAsync(
        OpenSlot slot,
        AttemptKind kind,
        Func<CancellationToken, Task<SignedBatch>> sign,
        Func<SlotAttempt, Task<AttemptAnswer>> write,
        CancellationToken cancellationToken)
    {
        using var span = SettlementTrace.Attempt(slot.Nonce, kind, slot.Newest);
        Guard("signing");
        var batch = await SignAsync(sign, cancellationToken);
        span?.SetTag(GatewayTelemetry.Attributes.TransactionHash, batch.Hash.ToString());

        var attempt = new SlotAttempt(batch, kind, ports.Now, span?.Id);
        var answer = await write(attempt);
        if (answer == AttemptAnswer.Fenced)
            throw new LaneDeposedException($"an attempt of slot {slot.Nonce}");
        if (answer != AttemptAnswer.Written)
            return answer;

        metrics.AttemptSent(kind);
        Reached(ChangeStage.Written, slot, kind);
        var result = await SendAsync(batch, cancellationToken);
        span?.SetTag(GatewayTelemetry.Attributes.Outcome, result.Kind.ToString());
        Reached(ChangeStage.Sent, slot, kind);
        LogSent(slot.Nonce, kind, batch.Hash, slot.Plan.Flows.Length, batch.Fee.MaxFeePerGas, result.Kind);
        return answer;
    }

    private static async Task<SignedBatch> SignAsync(Func<CancellationToken, Task<SignedBatch>> sign, CancellationToken cancellationToken)
    {
        try
        {
            return await sign(cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A key in memory cannot fail; what the client of a vault throws is its own affair.
            throw new SignerUnavailableException($"The signer has no answer: {e.Message}", e);
        }
    }

    private void Guard(string what)
    {
        if (!leadership.MayAct)
            throw new LaneDeposedException(what);
    }

    private void Reached(ChangeStage stage, OpenSlot slot, AttemptKind kind)
    {
        if (kind != AttemptKind.First)
            return;
        foreach (var flow in slot.Plan.Flows)
            metrics.Reached(stage, flow.Urgency, ports.Now - flow.MarkedAt);
    }

    [LoggerMessage(EventId = 7140, Level = LogLevel.Information, Message = "Slot {Nonce}: attempt {Kind} {Hash} for {Flows} flows at up to {MaxFee} per gas, {Result}.")]
    private partial void LogSent(Nonce nonce, AttemptKind kind, Hash32 hash, int flows, Wei maxFee, Broadcast result);
}
