using Channels.Tests.Support;

namespace Channels.Tests;

/// <summary>Before the first test and after the last one.</summary>
[SetUpFixture]
public sealed class RunSetUp
{
    [OneTimeSetUp]
    public static void SweepWhatKilledRunsHaveLeft() => TestFolder.Sweep();

    [OneTimeTearDown]
    public static void SweepOnesOwn() => TestFolder.Sweep();
}
