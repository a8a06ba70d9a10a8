using System.Reflection;
using System.Text.RegularExpressions;
using Channels.Tests.Architecture;
using Channels.Tests.Support;

namespace Channels.Tests.Docs;

/// <summary>docs/walk.md tells the truth: every hop exists, and calls the next one.</summary>
public sealed partial class WalkTests
{
    private const BindingFlags Any = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static readonly ILookup<string, Type> Types = Libraries.Names.SelectMany(name => Libraries.Load(name).GetTypes()).Append(typeof(IThreadPoolWorkItem))
        .ToLookup(type => type.Name.Split('`')[0]);

    private static IEnumerable<TestCaseData> Ways()
    {
        var (heading, way, ways) = ("", new List<Hop>(), new List<TestCaseData>());
        foreach (var line in File.ReadLines(Repository.PathOf("docs", "walk.md")).Append(""))
        {
            heading = line.StartsWith("## ", StringComparison.Ordinal) ? line[3..] : heading;
            if (HopLine().Match(line) is { Success: true } hop)
            {
                way.Add(new(hop.Groups["type"].Value, hop.Groups["member"].Value, hop.Groups["via"].Value, hop.Groups["woken"].Success));
            }
            else if (way.Count > 0)
            {
                ways.Add(new TestCaseData((object)way.ToArray<object>()).SetArgDisplayNames(heading, way[0].ToString()));
                way = [];
            }
        }

        return ways;
    }

    [Test]
    public void Every_way_is_told() =>
        Assert.That(Ways().Select(way => (string)way.ArgDisplayNames![0]!).Distinct(), Is.EqualTo(["A WebSocket begins", "A frame comes in", "To a group", "From another process", "An HTTP request", "A long poll"]));

    [TestCaseSource(nameof(Ways))]
    public void Each_hop_exists_and_calls_the_next(object[] way)
    {
        var hops = way.Cast<Hop>().ToArray();
        Assert.Multiple(() =>
        {
            foreach (var hop in hops)
            {
                Assert.That(MembersOf(hop), Is.Not.Empty, $"there is no {hop}");
            }

            for (var i = 1; i < hops.Length; i++)
            {
                Assert.That(hops[i].IsWoken || Reaches(hops[i - 1], hops[i]), $"{hops[i - 1]} does not call {hops[i]}{(hops[i].Via.Length > 0 ? $" as {hops[i].Via}" : "")}");
            }
        });
    }

    private static bool Reaches(Hop from, Hop to)
    {
        var named = Named(from);
        if (to.Via.Length == 0)
        {
            return named.Any(member => Means(member, to));
        }

        var via = Types[to.Via].Single();
        return typeof(Delegate).IsAssignableFrom(via)
            ? named.Any(member => member.DeclaringType == via) && MembersOf(to).OfType<MethodInfo>().Any(method => Fits(method, via))
            : (named.Any(member => member.DeclaringType == via) || via == typeof(IThreadPoolWorkItem)) && Types[to.Type].Any(via.IsAssignableFrom);
    }

    /// <summary>What a hop's method names, and what its type's own helpers on the way name.</summary>
    private static HashSet<MemberInfo> Named(Hop hop)
    {
        var named = new HashSet<MemberInfo>();
        var queue = new Queue<MethodBase>(MembersOf(hop).OfType<MethodBase>());
        var seen = new HashSet<MethodBase>(queue);
        while (queue.TryDequeue(out var method))
        {
            foreach (var member in CodeReferences.Of(method))
            {
                named.Add(member);
                if (member is MethodBase next && IsOwn(next, hop) && seen.Add(next))
                {
                    queue.Enqueue(next);
                }
            }
        }

        return named;
    }

    private static bool IsOwn(MethodBase method, Hop hop)
    {
        for (var type = method.DeclaringType; type is not null; type = type.DeclaringType)
        {
            if (type.Name.Split('`')[0] == hop.Type)
            {
                return true;
            }
        }

        return Types[hop.Type].Any(type => method.DeclaringType is { } declaring && declaring != typeof(object) && declaring.Assembly == type.Assembly && declaring.IsAssignableFrom(type));
    }

    private static bool Means(MemberInfo member, Hop hop) => Bare(member.Name) == hop.Member && member.DeclaringType is { } declaring
        && (declaring.Name.Split('`')[0] == hop.Type || Types[hop.Type].Any(type => Definition(declaring).IsAssignableFrom(type)));

    private static bool Fits(MethodInfo method, Type delegateType)
    {
        var invoke = delegateType.GetMethod("Invoke")!; // every delegate has one
        return method.ReturnType == invoke.ReturnType && method.GetParameters().Select(p => p.ParameterType).SequenceEqual(invoke.GetParameters().Select(p => p.ParameterType));
    }

    private static IEnumerable<MemberInfo> MembersOf(Hop hop) => Types[hop.Type].SelectMany(type => type.GetMembers(Any)).Where(member => Bare(member.Name) == hop.Member);

    private static string Bare(string name) => name[(name.LastIndexOf('.') + 1)..]; // of an interface's member that is implemented explicitly

    private static Type Definition(Type type) => type.IsGenericType ? type.GetGenericTypeDefinition() : type;

    [GeneratedRegex(@"^\d+\. `(?<type>\w+)\.(?<member>\w+)`(?: \(as `(?<via>\w+)`\)| (?<woken>\(woken\)))?")]
    private static partial Regex HopLine();

    public sealed record Hop(string Type, string Member, string Via, bool IsWoken)
    {
        public override string ToString() => $"{Type}.{Member}";
    }
}
