namespace Channels.Tests.Support;

public sealed class TestFolderTests
{
    [Test]
    [Proves("FG-17")]
    public void What_a_killed_run_has_left_is_swept_and_what_a_living_one_uses_stays()
    {
        using var folder = new TestFolder();
        var root = folder.PathOf("all");
        const int dead = int.MaxValue; // more than any system gives a process
        Directory.CreateDirectory(Path.Combine(root, $"{dead}/redis"));
        File.WriteAllText(Path.Combine(root, $"{dead}/redis/dump.rdb"), "left");
        Directory.CreateDirectory(Path.Combine(root, $"{Environment.ProcessId}/in-use"));

        Assert.That(TestFolder.Sweep(root), Is.EqualTo(new[] { $"{Environment.ProcessId}" }));
        Directory.Delete(Path.Combine(root, $"{Environment.ProcessId}/in-use"));
        Assert.That(TestFolder.Sweep(root), Is.Empty, "one's own, once it is empty");
        Assert.That(root, Does.Not.Exist, "and then nothing is left at all");
    }
}
