using System.Reflection;
using System.Text.RegularExpressions;
using Channels.Tests.Support;
using NUnit.Framework.Interfaces;

namespace Channels.Tests.Architecture;

/// <summary>
/// Where the statements of the references are: in the lists beside this file, in the names of tests, and in the tables of
/// differences. In a name <c>C_WORK_04_05_…</c> stands for two statements and <c>W_13_to_23_…</c> for eleven.
/// </summary>
internal static partial class StatementNames
{
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

    /// <summary>The names of all tests of this assembly, those given to single cases included.</summary>
    public static IEnumerable<string> OfTests() => typeof(StatementNames).Assembly.GetTypes()
        .SelectMany(type => type.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly))
        .Where(method => method.GetCustomAttributes().Any(attribute => attribute is ITestBuilder or ISimpleTestBuilder))
        .SelectMany(method => method.GetCustomAttributes<TestCaseAttribute>().Select(test => test.TestName).OfType<string>().Append(method.Name));

    /// <summary>The ids in the name of a test; <paramref name="known"/> are the ids that exist.</summary>
    public static IEnumerable<string> InTestName(string name, IReadOnlyCollection<string> known)
    {
        var words = name.Split('_');
        for (var i = 0; i < words.Length; i++)
        {
            var prefix = words[i] == "W" ? "W" : words[i] is "C" or "R" && i + 1 < words.Length && Area().IsMatch(words[i + 1]) ? $"{words[i]}-{words[++i]}" : null;
            for (var last = ""; prefix is not null && i + 1 < words.Length;)
            {
                if (Number().IsMatch(words[i + 1]) && (last.Length == 0 || known.Contains($"{prefix}-{words[i + 1]}")))
                {
                    last = words[++i];
                    yield return $"{prefix}-{last}";
                }
                else if (words[i + 1] == "to" && last.Length > 0 && i + 2 < words.Length && Number().IsMatch(words[i + 2]))
                {
                    foreach (var id in Between($"{prefix}-{last}", $"{prefix}-{words[i + 2]}", known))
                    {
                        yield return id;
                    }

                    i += 2;
                }
                else
                {
                    break;
                }
            }
        }
    }

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

    private static IEnumerable<string> Between(string first, string last, IReadOnlyCollection<string> known) =>
        known.Where(id => id.Length == first.Length && string.CompareOrdinal(id, first) >= 0 && string.CompareOrdinal(id, last) <= 0).Append(last);

    [GeneratedRegex(@"^[A-Z]+$")]
    private static partial Regex Area();

    [GeneratedRegex(@"^[0-9][0-9A-F]$")]
    private static partial Regex Number();

    [GeneratedRegex(@"\b(?<id>(?:(?:C|R)-[A-Z]+|W)-[0-9][0-9A-F])\b(?: to (?<to>(?:(?:C|R)-[A-Z]+|W)-[0-9][0-9A-F])\b)?")]
    private static partial Regex Ids();
}
