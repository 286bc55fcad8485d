using InterCluster.Storage.Tests.Conformance;
using InterCluster.Storage.Tests.Harness;

namespace InterCluster.Storage.Tests.Sqlite;

public sealed class SqliteSubmitTests() : SubmitConformance(new SqliteHarness());

public sealed class SqliteLeaseTests() : LeaseConformance(new SqliteHarness());

public sealed class SqliteSweepTests() : SweepConformance(new SqliteHarness());

public sealed class SqliteCommandTests() : CommandConformance(new SqliteHarness());

public sealed class SqliteGuessingTests() : GuessingConformance(new SqliteHarness());

public sealed class SqliteListTests() : ListConformance(new SqliteHarness());

public sealed class SqliteBatchTests() : BatchConformance(new SqliteHarness());

public sealed class SqliteMarkTests() : MarkConformance(new SqliteHarness());

public sealed class SqliteWebhookTests() : WebhookConformance(new SqliteHarness());

public sealed class SqliteDeliveryTests() : DeliveryConformance(new SqliteHarness());

public sealed class SqliteReceiverTests() : ReceiverConformance(new SqliteHarness());

public sealed class SqliteScheduleTests() : ScheduleConformance(new SqliteHarness());

public sealed class SqliteRetentionTests() : RetentionConformance(new SqliteHarness());

public sealed class SqliteAppTests() : AppConformance(new SqliteHarness());

public sealed class SqliteKeyTests() : KeyConformance(new SqliteHarness());
