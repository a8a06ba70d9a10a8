using System.Xml.Linq;
using Channels.Tests.Support;

namespace Channels.Tests.Templates;

public sealed class TemplateVersionTests
{
    [Test]
    public void Templates_reference_the_versions_that_this_build_is_tested_with()
    {
        var ours = XDocument.Load(Repository.PathOf("Directory.Packages.props")).Descendants("PackageVersion")
            .ToDictionary(package => package.Attribute("Include")!.Value, package => package.Attribute("Version")!.Value); // every line has both
        var wrong = Directory.EnumerateFiles(Repository.PathOf("Channels.Templates", "templates"), "*.csproj", SearchOption.AllDirectories)
            .SelectMany(file => XDocument.Load(file).Descendants("PackageReference"))
            .Select(package => (Name: package.Attribute("Include")!.Value, Version: package.Attribute("Version")!.Value))
            .Where(package => package.Version != (package.Name.StartsWith("Channels.", StringComparison.Ordinal) ? "CHANNELS_VERSION" : ours.GetValueOrDefault(package.Name)));
        Assert.That(wrong, Is.Empty);
    }
}
