using Channels.Tests.Support;

namespace Channels.Tests.Architecture;

/// <summary>The public surface is written down: a change of it shows in the diff of a text file, on purpose or not.</summary>
public sealed class PublicApiTests
{
    /// <summary>Set to 1 to write the snapshots anew after a deliberate change.</summary>
    private const string Accept = "CHANNELS_ACCEPT_API";

    [TestCaseSource(typeof(Libraries), nameof(Libraries.Names))]
    [Proves("E-16")]
    public void The_public_surface_is_the_recorded_one(string project)
    {
        var file = Repository.PathOf("Channels.Tests", "Architecture", "PublicApi", project + ".txt");
        var actual = PublicApi.Describe(Libraries.Load(project));
        if (Environment.GetEnvironmentVariable(Accept) == "1")
        {
            File.WriteAllText(file, actual);
        }

        Assert.That(File.Exists(file), Is.True, $"no snapshot for {project}; run the test with {Accept}=1");
        Assert.That(actual, Is.EqualTo(File.ReadAllText(file)), $"the public surface of {project} changed; if that is meant, run the test with {Accept}=1 and commit the snapshot");
    }
}
