namespace Gateway.Chain.Signing;

/// <summary>A keystore that cannot be opened: which of the reasons is in the message, the password never is.</summary>
public sealed class KeystoreException(string message, Exception? inner = null) : Exception(message, inner);
