using System.Text.Json;
using Channels.Tests.Support;

namespace Channels.Tests.EndToEnd;

/// <summary>
/// A project of the plain SDK starts in Production, where nothing tells which routes there are and no scope is checked: what
/// people run from its folder says otherwise.
/// </summary>
public sealed class LaunchSettingsTests
{
    // Samples with a page are run by people; templates become what people run.
    private static IEnumerable<string> Programs() =>
        Directory.GetDirectories(Repository.PathOf("samples")).Where(folder => Directory.Exists(Path.Combine(folder, "wwwroot")))
            .Concat(Directory.GetFiles(Repository.PathOf("Channels.Templates", "templates"), "Program.cs", SearchOption.AllDirectories).Select(file => Path.GetDirectoryName(file)!)) // a file has a folder
            .Select(folder => Path.GetRelativePath(Repository.PathOf(), folder));

    [TestCaseSource(nameof(Programs))]
    [Proves("FN-9")]
    public void Dotnet_run_starts_in_development(string program)
    {
        using var settings = JsonDocument.Parse(File.ReadAllText(Repository.PathOf(program, "Properties", "launchSettings.json")));
        var environments = settings.RootElement.GetProperty("profiles").EnumerateObject()
            .Select(profile => profile.Value.GetProperty("environmentVariables").GetProperty("DOTNET_ENVIRONMENT").GetString());
        Assert.That(environments, Is.Not.Empty.And.All.EqualTo("Development"));
    }
}
