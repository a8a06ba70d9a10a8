using System.Reflection;

namespace Channels.Tests.Architecture;

/// <summary>What a newcomer sees after <c>using Channels;</c> is short, and shows nothing that is for authors of layers, protocols and servers.</summary>
public sealed class SurfaceTests
{
    private const string ForApplications = "Channels";
    private const string ForAuthors = "Channels.Extending";
    private const int MostTypes = 100;
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    [Test]
    public void There_are_few_types_for_applications()
    {
        var names = TypesForApplications().Where(type => !type.IsNested).Select(type => type.Name).Order(StringComparer.Ordinal).ToList();
        Assert.That(names, Has.Count.LessThanOrEqualTo(MostTypes), string.Join(", ", names));
    }

    [Test]
    public void Their_members_show_no_type_that_is_for_authors_or_internal()
    {
        var leaks = TypesForApplications()
            .SelectMany(type => type.GetMembers(Declared).Where(IsOpen).Where(member => !IsCompilerMade(member)))
            .SelectMany(member => Shown(member).SelectMany(Parts).Where(IsHidden).Distinct(), (member, type) => $"{member.DeclaringType!.Name}.{member.Name} shows {type.FullName}")
            .Distinct();
        Assert.That(leaks, Is.Empty);
    }

    [Test]
    public void Public_types_of_Core_stand_in_one_of_the_two_namespaces()
    {
        var elsewhere = Core().Where(type => type.Namespace is not (ForApplications or ForAuthors));
        Assert.That(elsewhere.Select(type => type.FullName), Is.Empty);
    }

    [Test]
    public void The_type_of_an_event_or_scope_is_fixed_at_construction()
    {
        var changeable = Libraries.Names.SelectMany(name => Libraries.Load(name).GetTypes())
            .Where(type => type.IsAssignableTo(typeof(Event)) || type.IsAssignableTo(typeof(Scope)))
            .Where(type => type.GetProperty("Type", Declared)?.SetMethod is not null);
        Assert.That(changeable.Select(type => type.FullName), Is.Empty, "'with' must not make one event out of another");
    }

    private static IEnumerable<Type> Core() => Libraries.Load("Channels.Core").GetExportedTypes().Where(type => !Libraries.IsCompilerGenerated(type));

    private static IEnumerable<Type> TypesForApplications() => Libraries.Names
        .SelectMany(name => Libraries.Load(name).GetExportedTypes())
        .Where(type => type.Namespace == ForApplications && !Libraries.IsCompilerGenerated(type));

    private static bool IsCompilerMade(MemberInfo member) =>
        member.Name.Contains('<', StringComparison.Ordinal) || member.IsDefined(typeof(System.Runtime.CompilerServices.CompilerGeneratedAttribute), inherit: false);

    private static bool IsOpen(MemberInfo member) => member switch
    {
        MethodBase method => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly,
        FieldInfo field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly,
        PropertyInfo property => property.GetAccessors(nonPublic: true).Any(IsOpen),
        EventInfo { AddMethod: { } add } => IsOpen(add),
        _ => false, // nested types are looked at as types
    };

    private static IEnumerable<Type> Shown(MemberInfo member) => member switch
    {
        MethodInfo method => [method.ReturnType, .. method.GetParameters().Select(parameter => parameter.ParameterType), .. Bounds(method)],
        ConstructorInfo constructor => constructor.GetParameters().Select(parameter => parameter.ParameterType),
        FieldInfo field => [field.FieldType],
        PropertyInfo property => [property.PropertyType, .. property.GetIndexParameters().Select(parameter => parameter.ParameterType)],
        EventInfo { EventHandlerType: { } handler } => [handler],
        _ => [],
    };

    private static IEnumerable<Type> Bounds(MethodInfo method) =>
        method.IsGenericMethodDefinition ? method.GetGenericArguments().SelectMany(argument => argument.GetGenericParameterConstraints()) : [];

    private static IEnumerable<Type> Parts(Type type) => type switch
    {
        { HasElementType: true } => Parts(type.GetElementType()!),
        { IsGenericParameter: true } => [],
        { IsConstructedGenericType: true } => [type.GetGenericTypeDefinition(), .. type.GetGenericArguments().SelectMany(Parts)],
        _ => [type],
    };

    private static bool IsHidden(Type type) => type.Namespace == ForAuthors || !type.IsVisible;
}
