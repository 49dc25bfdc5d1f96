using Gateway.Chain.Transport;

namespace Gateway.Server.Resilience;

/// <summary>What every endpoint that could be asked answers to the same views at one block.</summary>
/// <param name="Answers">One list per endpoint.</param>
/// <param name="IsGoneForSome">An endpoint has not kept the state of that block.</param>
internal sealed record SeenAnswers(IReadOnlyList<IReadOnlyList<byte[]>> Answers, bool IsGoneForSome)
{
    /// <summary>All say the same.</summary>
    public bool Agree => Answers.Skip(1).All(other => Answers[0].Zip(other).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second)));

    public static SeenAnswers Of(IReadOnlyList<Attempt<IReadOnlyList<byte[]>>> attempts) => new(
        [.. attempts.Where(a => a.Failure is null).Select(a => a.Answer!)],
        attempts.Any(a => a.Failure is RpcRefusedException { Error: NodeError.BlockUnavailable }));
}
