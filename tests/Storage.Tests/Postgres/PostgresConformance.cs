using InterCluster.Storage.Tests.Conformance;
using InterCluster.Storage.Tests.Harness;

namespace InterCluster.Storage.Tests.Postgres;

public sealed class PostgresSubmitTests(PostgresTemplate template) : SubmitConformance(new PostgresHarness(template));

public sealed class PostgresLeaseTests(PostgresTemplate template) : LeaseConformance(new PostgresHarness(template));

public sealed class PostgresSweepTests(PostgresTemplate template) : SweepConformance(new PostgresHarness(template));

public sealed class PostgresCommandTests(PostgresTemplate template) : CommandConformance(new PostgresHarness(template));

public sealed class PostgresGuessingTests(PostgresTemplate template) : GuessingConformance(new PostgresHarness(template));

public sealed class PostgresListTests(PostgresTemplate template) : ListConformance(new PostgresHarness(template));

public sealed class PostgresMarkTests(PostgresTemplate template) : MarkConformance(new PostgresHarness(template));

public sealed class PostgresBatchTests(PostgresTemplate template) : BatchConformance(new PostgresHarness(template));

public sealed class PostgresWebhookTests(PostgresTemplate template) : WebhookConformance(new PostgresHarness(template));

public sealed class PostgresDeliveryTests(PostgresTemplate template) : DeliveryConformance(new PostgresHarness(template));

public sealed class PostgresReceiverTests(PostgresTemplate template) : ReceiverConformance(new PostgresHarness(template));

public sealed class PostgresRetentionTests(PostgresTemplate template) : RetentionConformance(new PostgresHarness(template));

public sealed class PostgresScheduleTests(PostgresTemplate template) : ScheduleConformance(new PostgresHarness(template));

public sealed class PostgresAppTests(PostgresTemplate template) : AppConformance(new PostgresHarness(template));

public sealed class PostgresKeyTests(PostgresTemplate template) : KeyConformance(new PostgresHarness(template));
