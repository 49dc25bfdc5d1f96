namespace Gateway.Chain.Transport;

/// <summary>What one endpoint bears.</summary>
/// <param name="MaxBatch">Calls in one request. Own nodes take 1000, public ones 40.</param>
/// <param name="MaxResponseBytes">Reading stops there: a node must not be able to fill our memory.</param>
public sealed record JsonRpcOptions(int MaxBatch = 40, int MaxResponseBytes = 32 * 1024 * 1024);
