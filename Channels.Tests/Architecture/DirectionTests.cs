using System.Text.RegularExpressions;
using Channels.Tests.Support;

namespace Channels.Tests.Architecture;

/// <summary>Who may see whom: between projects, and between the rooms inside Core (design, section 3).</summary>
public sealed partial class DirectionTests
{
    // Lowest first: a room may use itself and the rooms to its left. Security is middleware and stands on Applications;
    // Diagnostics uses no other room, and any may use it.
    private static readonly string[] Rooms = ["Diagnostics", "Events", "Scopes", "Protocols", "Messages", "Applications", "Connections", "Security", "Delivery", "Layers", "Consumers", "Workers", "Hosting"];

    // Words in both a lower room and a higher one that are documentation or deliberate seams.
    private static readonly HashSet<(string File, string Type)> Seams =
    [
        ("WebSocketAccept.cs", "HeaderList"), ("WebSocketDenialStart.cs", "HeaderList"), ("HttpResponseStart.cs", "HeaderList"),
        ("HttpResponseTrailers.cs", "HeaderList"), ("Scope.cs", "IOutbox"),
    ];

    [TestCaseSource(typeof(Libraries), nameof(Libraries.Names))]
    public void Projects_reference_only_what_lies_below_them(string name)
    {
        var ours = Libraries.Load(name).GetReferencedAssemblies().Select(a => a.Name!).Where(a => a.StartsWith("Channels.", StringComparison.Ordinal));
        Assert.That(ours, Is.SubsetOf(Libraries.MaySee[name]));
    }

    [TestCaseSource(typeof(Libraries), nameof(Libraries.WithoutAspNetCore))]
    [Proves("E-113")]
    public void No_aspnet_type_outside_the_server(string name)
    {
        var references = Libraries.Load(name).GetReferencedAssemblies().Select(a => a.Name);
        Assert.That(references, Has.None.StartsWith("Microsoft.AspNetCore"), "a worker must run on the base runtime alone");
    }

    [Test]
    public void Rooms_of_Core_look_only_downwards()
    {
        var roomOf = new Dictionary<string, string>();
        foreach (var file in Repository.SourcesOf("Channels.Core"))
        {
            roomOf[Path.GetFileNameWithoutExtension(file)] = Room(file);
        }

        var wrong = new List<string>();
        foreach (var file in Repository.SourcesOf("Channels.Core"))
        {
            var code = Comments().Replace(File.ReadAllText(file), "");
            var own = Array.IndexOf(Rooms, Room(file));
            Assert.That(own, Is.GreaterThanOrEqualTo(0), $"{file} stands in no known room");
            foreach (var word in Identifiers().Matches(code).Select(m => m.Value).Distinct())
            {
                if (roomOf.TryGetValue(word, out var room) && Array.IndexOf(Rooms, room) > own && !Seams.Contains((Path.GetFileName(file), word)))
                {
                    wrong.Add($"{Room(file)}/{Path.GetFileName(file)} uses {room}/{word}");
                }
            }
        }

        Assert.That(wrong, Is.Empty);
    }

    private static string Room(string file) => Path.GetRelativePath(Repository.PathOf("Channels.Core"), file).Split(Path.DirectorySeparatorChar)[0];

    [GeneratedRegex(@"//[^\n]*|/\*.*?\*/|""(?:[^""\\\n]|\\.)*""", RegexOptions.Singleline)]
    private static partial Regex Comments();

    // A type's name in a place where types stand: not behind a dot, not as a member's own name before => or {.
    [GeneratedRegex(@"(?<![.\w])[A-Z]\w+(?=[\s<>(\[?.,;)&])")]
    private static partial Regex Identifiers();
}
