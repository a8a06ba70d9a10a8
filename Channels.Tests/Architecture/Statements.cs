using System.Reflection;
using System.Text.RegularExpressions;
using Channels.Tests.Support;

namespace Channels.Tests.Architecture;

/// <summary>
/// Where the statements of the references are: in the lists beside this file, in <see cref="ProvesAttribute"/> of tests, and in
/// the table of differences.
/// </summary>
internal static partial class Statements
{
    private static readonly string[] Beside = ["Channels.SocketIO.Tests", "Channels.SocketRouter.Tests"];

    /// <summary>All ids that the lists hold, with their few words.</summary>
    public static SortedDictionary<string, string> Listed()
    {
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(Repository.PathOf("Channels.Tests", "Architecture", "Statements"), "*.txt"))
        {
            foreach (var line in File.ReadLines(file).Where(line => line.Length > 0 && line[0] != '#'))
            {
                all.Add(line.Split(' ', 2)[0], line.Split(' ', 2)[1]);
            }
        }

        return all;
    }

    /// <summary>The tests of this assembly that prove something, with the ids.</summary>
    public static IEnumerable<(MethodInfo Test, string[] Ids)> Proven() =>
        from type in typeof(Statements).Assembly.GetTypes()
        from method in type.GetMethods(BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
        let ids = method.GetCustomAttributes<ProvesAttribute>(inherit: false).SelectMany(proves => proves.Ids).ToArray()
        where ids.Length > 0
        select (method, ids);

    /// <summary>The ids that tests of the projects beside this one prove; by their sources, as this one does not reference them.</summary>
    public static IEnumerable<string> ProvenBeside() =>
        from project in Beside
        from file in Repository.SourcesOf(project)
        from Match proof in Proofs().Matches(File.ReadAllText(file))
        from Match id in Quoted().Matches(proof.Value)
        select id.Groups[1].Value;

    /// <summary>The ids in the first column of a table: <c>C-MEM-10, R-VER-01 to R-VER-06</c>.</summary>
    public static IEnumerable<string> InTableRow(string line, IReadOnlyCollection<string> known)
    {
        if (!line.StartsWith('|'))
        {
            yield break;
        }

        foreach (Match match in Ids().Matches(line.Split('|')[1]))
        {
            foreach (var id in match.Groups["to"].Success ? Between(match.Groups["id"].Value, match.Groups["to"].Value, known) : [match.Groups["id"].Value])
            {
                yield return id;
            }
        }
    }

    /// <summary>What an id belongs to: <c>C-ROUTE</c> for <c>C-ROUTE-01</c>.</summary>
    public static string FamilyOf(string id) => id[..Math.Max(0, id.LastIndexOf('-'))];

    private static IEnumerable<string> Between(string first, string last, IReadOnlyCollection<string> known) =>
        known.Where(id => id.Length == first.Length && string.CompareOrdinal(id, first) >= 0 && string.CompareOrdinal(id, last) <= 0).Append(last);

    [GeneratedRegex(@"\[Proves\([^)]*\)\]")]
    private static partial Regex Proofs();

    [GeneratedRegex("\"([^\"]+)\"")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\b(?<id>(?:(?:C|R)-[A-Z]+|W|S-[ES]IO)-[0-9][0-9A-F]0?)\b(?: to (?<to>(?:(?:C|R)-[A-Z]+|W|S-[ES]IO)-[0-9][0-9A-F]0?)\b)?")]
    private static partial Regex Ids();
}
