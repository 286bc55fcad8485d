using InterCluster.Core;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace InterCluster.Storage.Sqlite.Engine;

/// <summary>Tells a store that cannot work from an operation that is wrong.</summary>
internal static class SqliteFailure
{
    /// <summary>True when the fault lies with one operation: the others of its group can be committed without it.</summary>
    public static bool IsOfOneOperation(Exception failure) =>
        failure is not SqliteException { SqliteErrorCode: var code } || code is raw.SQLITE_CONSTRAINT or raw.SQLITE_TOOBIG or raw.SQLITE_MISMATCH;

    /// <summary>True when the connection goes on as it is: a full disk or a busy file leaves it whole.</summary>
    public static bool LeavesConnectionWhole(Exception failure) =>
        failure is SqliteException { SqliteErrorCode: raw.SQLITE_FULL or raw.SQLITE_BUSY };

    /// <summary>What the caller gets.</summary>
    public static Exception ForCaller(Exception failure) => failure switch
    {
        SqliteException { SqliteErrorCode: raw.SQLITE_CONSTRAINT } =>
            new InvalidOperationException($"The record breaks a rule of the store, most likely because its id is taken: {failure.Message}", failure),
        SqliteException or IOException or UnauthorizedAccessException => Unavailable(failure),
        _ => failure,
    };

    public static StoreUnavailableException Unavailable(Exception failure) =>
        new($"The data file cannot be used now: {failure.Message}", failure);
}
