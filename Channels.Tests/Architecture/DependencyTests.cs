using System.Xml.Linq;
using Channels.Tests.Support;

namespace Channels.Tests.Architecture;

/// <summary>What our packages bring with them is written down, with the reason.</summary>
public sealed class DependencyTests
{
    [Test]
    [Proves("SEC-78")]
    public void Packages_stand_on_nothing_that_has_no_reason()
    {
        var listed = File.ReadLines(Repository.PathOf("docs", "decisions", "0041-what-the-packages-stand-on.md"))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Where(row => row is [_, _, ['C', ..], { Length: > 0 }, _])
            .Select(row => $"{row[2]} takes {row[1]}");

        Assert.That(Libraries.Names.SelectMany(TakenBy), Is.EquivalentTo(listed));
    }

    // Tools of the build (analyzers, versions) leave no trace in the package.
    private static IEnumerable<string> TakenBy(string library) =>
        XDocument.Load(Repository.PathOf(library, $"{library}.csproj")).Descendants("PackageReference")
            .Where(reference => $"{reference.Attribute("PrivateAssets")?.Value}" != "all")
            .Select(reference => $"{library} takes {reference.Attribute("Include")?.Value}");
}
