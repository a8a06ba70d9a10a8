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
    public void Every_option_is_read_by_code_that_does_more_than_check_or_print_it(string project)
    {
        var unread = Libraries.Load(project).GetExportedTypes().Where(type => type.Name.EndsWith("Options", StringComparison.Ordinal) && type.IsClass)
            .SelectMany(type => type.GetProperties().Where(property => property.DeclaringType == type && property.GetMethod is { } read && !Reads.Value.Contains(read)).Select(property => $"{type.Name}.{property.Name}"));
        Assert.That(unread, Is.Empty);
    }

    // Every getter that shipped code calls: not the accessors themselves, not validators, the line for the log, the binder, or the text of a record.
    private static readonly Lazy<HashSet<MemberInfo>> Reads = new(() => Libraries.Names.SelectMany(name => Libraries.Load(name).GetTypes())
        .Where(type => !Passive().IsMatch(type.FullName ?? type.Name))
        .SelectMany(CodeReferences.MethodsOf)
        .Where(method => method.Name != "PrintMembers" && (!method.IsSpecialName || method.Name.StartsWith("get_", StringComparison.Ordinal) || method.IsConstructor))
        .SelectMany(method => CodeReferences.Of(method).Where(member => member != method))
        .ToHashSet());

    // What is set once by code, as by layers for their inboxes, is no setting of an operator.
    private static bool IsInit(PropertyInfo property) => property.SetMethod?.ReturnParameter.GetRequiredCustomModifiers().Any(modifier => modifier.Name == "IsExternalInit") == true;

    [GeneratedRegex("`[^`\n]+`")]
    private static partial Regex Code();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Word();

    [GeneratedRegex("Validator|LimitsText|BindingExtensions|Generated")]
    private static partial Regex Passive();
}
