using Channels.Tests.Support;

namespace Channels.Tests.Architecture;

/// <summary>An option that is read nowhere is a defect.</summary>
public sealed class OptionsTests
{
    [TestCaseSource(typeof(Libraries), nameof(Libraries.Names))]
    public void Every_option_is_read_outside_its_own_class_and_validator(string project)
    {
        var sources = Libraries.Names.SelectMany(Repository.SourcesOf)
            .ToDictionary(file => Path.GetFileNameWithoutExtension(file), File.ReadAllText, StringComparer.Ordinal);
        var unread = new List<string>();
        foreach (var options in Libraries.Load(project).GetExportedTypes().Where(type => type.Name.EndsWith("Options", StringComparison.Ordinal) && type.IsClass))
        {
            foreach (var property in options.GetProperties().Where(p => p.DeclaringType == options && p.SetMethod is not null))
            {
                // Inside its own class an option is read where it is neither described, declared nor checked.
                var read = sources.Any(source => !source.Key.EndsWith("Validator", StringComparison.Ordinal) && (source.Key.StartsWith(options.Name, StringComparison.Ordinal)
                    ? source.Value.Split('\n').Any(line => line.Contains(property.Name, StringComparison.Ordinal)
                        && !line.Contains("///", StringComparison.Ordinal) && !line.TrimStart().StartsWith("public ", StringComparison.Ordinal) && !line.Contains("Require(", StringComparison.Ordinal))
                    : source.Value.Contains(property.Name, StringComparison.Ordinal)));
                if (!read)
                {
                    unread.Add($"{options.Name}.{property.Name}");
                }
            }
        }

        Assert.That(unread, Is.Empty);
    }
}
