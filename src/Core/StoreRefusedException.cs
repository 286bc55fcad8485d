namespace InterCluster.Core;

/// <summary>The database itself says that it serves nobody: it refused the connection, or is starting or stopping.</summary>
/// <param name="message">What it said.</param>
/// <param name="inner">The failure.</param>
public sealed class StoreRefusedException(string message, Exception? inner) : StoreUnavailableException(message, inner);
