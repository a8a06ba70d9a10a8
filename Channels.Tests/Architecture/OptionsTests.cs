using System.Reflection;
using System.Text.RegularExpressions;
using Channels.Tests.Support;

namespace Channels.Tests.Architecture;

/// <summary>An option that is read nowhere, or that no guide names, is a defect.</summary>
public sealed partial class OptionsTests
{
    [TestCaseSource(typeof(Libraries), nameof(Libraries.Names))]
    public void Every_option_stands_in_a_guide(string project)
    {
        var named = Directory.GetFiles(Repository.PathOf("docs", "guides"), "*.md")
            .SelectMany(file => Code().Matches(File.ReadAllText(file))).SelectMany(code => Word().Matches(code.Value)).Select(word => word.Value).ToHashSet(StringComparer.Ordinal);
        var unnamed = Libraries.Load(project).GetExportedTypes().Where(type => type.Name.EndsWith("Options", StringComparison.Ordinal) && type.IsClass)
            .SelectMany(type => type.GetProperties().Where(property => property.DeclaringType == type && !IsInit(property) && !named.Contains(property.Name)).Select(property => $"{type.Name}.{property.Name}"));
        Assert.That(unnamed, Is.Empty);
    }

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

    // What is set once by code, as by layers for their inboxes, is no setting of an operator.
    private static bool IsInit(PropertyInfo property) => property.SetMethod?.ReturnParameter.GetRequiredCustomModifiers().Any(modifier => modifier.Name == "IsExternalInit") == true;

    [GeneratedRegex("`[^`\n]+`")]
    private static partial Regex Code();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Word();
}
