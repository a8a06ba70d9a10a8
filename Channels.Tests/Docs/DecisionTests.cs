using Channels.Tests.Support;

namespace Channels.Tests.Docs;

/// <summary>Decision notes are cited by number.</summary>
public sealed class DecisionTests
{
    [Test]
    public void Each_note_has_a_number_of_its_own_in_name_and_title()
    {
        var notes = Directory.GetFiles(Path.Combine(Repository.Root, "docs", "decisions"), "*.md");
        Assert.That(notes, Is.Not.Empty);
        Assert.That(notes.Select(note => Path.GetFileName(note)[..4]), Is.Unique);
        foreach (var note in notes)
        {
            Assert.That(File.ReadLines(note).First(), Does.StartWith($"# {Path.GetFileName(note)[..4]}"), note);
        }
    }
}
