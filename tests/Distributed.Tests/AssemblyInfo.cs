using InterCluster.Testing.Postgres;
using InterCluster.Testing.RabbitMq;
using Xunit.Sdk;
using Xunit.v3;

[assembly: AssemblyFixture(typeof(RabbitMqServer))]
[assembly: AssemblyFixture(typeof(PostgresServer))]
// Each test runs whole servers and counts seconds.
[assembly: Parallelization(Mode = ParallelMode.None)]
