using System.CodeDom.Compiler;
using System.Reflection;
using System.Text.RegularExpressions;
using Channels.Tests.Support;

namespace Channels.Tests.Architecture;

/// <summary>The rooms of one project, and which of its types stands in which: a room is a folder, a type stands where it is declared.</summary>
internal sealed partial class Rooms
{
    private readonly Dictionary<string, string> _roomOf = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _level = new(StringComparer.Ordinal);

    /// <param name="project">The project.</param>
    /// <param name="levels">Its rooms, lowest first; those on one level do not see each other.</param>
    public Rooms(string project, IReadOnlyList<string[]> levels)
    {
        Assembly = Libraries.Load(project);
        for (var level = 0; level < levels.Count; level++)
        {
            foreach (var room in levels[level])
            {
                _level.Add(room, level);
            }
        }

        foreach (var file in Repository.SourcesOf(project))
        {
            var parts = Path.GetRelativePath(Repository.PathOf(project), file).Split(Path.DirectorySeparatorChar);
            var room = parts.Length > 1 ? parts[0] : "";
            foreach (Match type in Declaration().Matches(File.ReadAllText(file)))
            {
                _roomOf.TryAdd(type.Groups[1].Value, room);
            }
        }
    }

    public Assembly Assembly { get; }

    /// <summary>Folders that are no room of the list, and rooms of the list without a type.</summary>
    public IEnumerable<string> Strange => _roomOf.Values.Distinct().Except(_level.Keys).Concat(_level.Keys.Except(_roomOf.Values));

    /// <summary>Written types that stand in no room, so that nothing would look at them.</summary>
    public IEnumerable<string> Homeless => Assembly.GetTypes()
        .Where(type => !type.IsNested && !Libraries.IsCompilerGenerated(type) && !type.IsDefined(typeof(GeneratedCodeAttribute), inherit: false))
        .Where(type => type.Namespace?.StartsWith("Channels", StringComparison.Ordinal) == true && RoomOf(type) is null).Select(type => type.Name);

    /// <summary>Every reference from a type to a type of a room that it must not see.</summary>
    public IEnumerable<string> Upward() => Assembly.GetTypes().SelectMany(type => NamedBy(type).SelectMany(Parts).Distinct()
        .Where(named => RoomOf(type) is { } own && RoomOf(named) is { } other && own != other && _level[other] >= _level[own])
        .Select(named => $"{RoomOf(type)}/{Outermost(type).Name} uses {RoomOf(named)}/{Outermost(named).Name}")).Distinct().Order();

    // Types of source generators stand in no file, and in no room.
    private string? RoomOf(Type type) => type.Assembly == Assembly && _roomOf.TryGetValue(Outermost(type).Name.Split('`')[0], out var room) ? room : null;

    private static Type Outermost(Type type) => type.DeclaringType is { } outer ? Outermost(outer) : type;

    private static IEnumerable<Type> NamedBy(Type type)
    {
        IEnumerable<Type?> shape = [type.BaseType, .. type.GetInterfaces(), .. Attributes(type), .. type.GetMembers(CodeReferences.Declared).SelectMany(Attributes)];
        var fields = type.GetFields(CodeReferences.Declared).Select(field => field.FieldType);
        var methods = CodeReferences.MethodsOf(type).ToArray();
        var signatures = methods.SelectMany(Signature);
        var bodies = methods.SelectMany(CodeReferences.Of).SelectMany(member => member switch
        {
            Type named => [named],
            MethodBase method => [method.DeclaringType, .. Signature(method), .. method.IsGenericMethod ? method.GetGenericArguments() : []],
            FieldInfo field => [field.DeclaringType, field.FieldType],
            _ => (IEnumerable<Type?>)[],
        });
        return shape.Concat(fields).Concat(signatures).Concat(bodies).OfType<Type>();
    }

    // The attributes of a type or member, and the types they are given.
    private static IEnumerable<Type> Attributes(MemberInfo member) => member.GetCustomAttributesData()
        .SelectMany(attribute => attribute.ConstructorArguments.Select(argument => argument.Value).OfType<Type>().Append(attribute.AttributeType));

    private static IEnumerable<Type?> Signature(MethodBase method) => method.GetParameters().Select(parameter => parameter.ParameterType).Append((method as MethodInfo)?.ReturnType);

    // A type and those it is put together from.
    private static IEnumerable<Type> Parts(Type type) => type switch
    {
        { HasElementType: true } => Parts(type.GetElementType()!), // says so
        { IsConstructedGenericType: true } => type.GetGenericArguments().SelectMany(Parts).Append(type.GetGenericTypeDefinition()),
        _ => [type],
    };

    [GeneratedRegex(@"^(?:public |internal |file )?(?:(?:sealed|abstract|static|partial|readonly|ref|unsafe) )*(?:class|record struct|record class|record|struct|interface|enum|delegate [\w<>\[\]?.]+) (\w+)", RegexOptions.Multiline)]
    private static partial Regex Declaration();
}
