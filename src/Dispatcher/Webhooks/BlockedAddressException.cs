namespace InterCluster.Dispatcher.Webhooks;

/// <summary>A receiver's name leads to an address that may not be called.</summary>
internal sealed class BlockedAddressException() : Exception("The address may not be called.");
