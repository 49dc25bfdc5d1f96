namespace Gateway.Devnet.Parts;

/// <summary>The devnet cannot be started or has broken, for a reason that its user can read and mend.</summary>
internal sealed class DevnetException(string message, Exception? inner = null) : Exception(message, inner);
