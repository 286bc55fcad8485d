using System.Net.Sockets;
using InterCluster.Core;
using Npgsql;

namespace InterCluster.Storage.Postgres.Engine;

/// <summary>Tells a database that cannot be used from an operation that is wrong.</summary>
internal static class PostgresFailure
{
    /// <summary>True when the fault lies with one operation (its data, a rule that it breaks): the others of its group can be committed without it.</summary>
    public static bool IsOfOneOperation(Exception failure) => failure switch
    {
        PostgresException { SqlState: var state } => state.StartsWith("22", StringComparison.Ordinal) || state.StartsWith("23", StringComparison.Ordinal),
        NpgsqlException or IOException or SocketException or TimeoutException or StoreUnavailableException => false,
        _ => true,
    };

    /// <summary>True when the same again will do: another transaction was in the way, and this one is rolled back.</summary>
    public static bool IsTransient(Exception failure) =>
        failure is PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure };

    /// <summary>What the caller gets.</summary>
    public static Exception ForCaller(Exception failure) => failure switch
    {
        PostgresException { SqlState: PostgresErrorCodes.UniqueViolation } =>
            new InvalidOperationException($"The record breaks a rule of the store, most likely because its id is taken: {failure.Message}", failure),
        NpgsqlException or IOException or SocketException or TimeoutException => Unavailable(failure),
        _ => failure,
    };

    public static StoreUnavailableException Unavailable(Exception failure) =>
        failure as StoreUnavailableException ?? new StoreUnavailableException($"The database cannot be used now: {failure.Message}", failure);
}
