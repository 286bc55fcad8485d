using Xunit.Sdk;
using Xunit.v3;

// Each test loads the whole machine.
[assembly: Parallelization(Mode = ParallelMode.None)]
