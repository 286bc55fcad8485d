using InterCluster.Storage.Tests.Conformance;
using InterCluster.Storage.Tests.Harness;

namespace InterCluster.Storage.Tests.Sqlite;

public sealed class SqliteSubmit() : SubmitConformance(new SqliteHarness());

public sealed class SqliteLease() : LeaseConformance(new SqliteHarness());

public sealed class SqliteSweep() : SweepConformance(new SqliteHarness());

public sealed class SqliteCommand() : CommandConformance(new SqliteHarness());

public sealed class SqliteList() : ListConformance(new SqliteHarness());

public sealed class SqliteApp() : AppConformance(new SqliteHarness());

public sealed class SqliteKey() : KeyConformance(new SqliteHarness());
