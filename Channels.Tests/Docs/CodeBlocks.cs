using System.Text;
using Channels.Tests.Support;

namespace Channels.Tests.Docs;

/// <summary>
/// The code in the documentation: fenced blocks whose first line says <c>csharp file=PROJECT/NAME.cs</c>. The blocks of
/// one project, in the order of the documents, make a program; a later block of the same name replaces the earlier one.
/// A block <c>csharp frame=NAME</c> is only a part: it is compiled inside the frame of that name, in the folder Frames.
/// <c>csharp fragment</c> marks what cannot be compiled.
/// </summary>
internal static class CodeBlocks
{
    private const string Fence = "```";
    private const string Mark = "```csharp file=";
    private const string FrameMark = "```csharp frame=";
    private const string Place = "//#";

    /// <summary>All documents, from the repository's root.</summary>
    public static IEnumerable<string> All() => Directory
        .EnumerateFiles(Repository.PathOf("docs"), "*.md", SearchOption.AllDirectories)
        .Append(Repository.PathOf("README.md"))
        .Select(path => Path.GetRelativePath(Repository.Root, path))
        .Order(StringComparer.Ordinal);

    /// <summary>Each part that has a frame, as a program: its document and line, and the code.</summary>
    public static IEnumerable<TestCaseData> Framed()
    {
        foreach (var document in All())
        {
            var lines = File.ReadAllLines(Repository.PathOf(document));
            for (var first = 0; first < lines.Length; first++)
            {
                if (lines[first].StartsWith(FrameMark, StringComparison.Ordinal))
                {
                    var last = Array.FindIndex(lines, first + 1, line => line.StartsWith(Fence, StringComparison.Ordinal));
                    var frame = File.ReadAllText(Repository.PathOf("Channels.Tests", "Docs", "Frames", $"{lines[first][FrameMark.Length..].Trim()}.txt"));
                    yield return new TestCaseData(frame.Replace(Place, string.Join('\n', lines[(first + 1)..last]), StringComparison.Ordinal))
                        .SetArgDisplayNames($"{document}:{first + 1}");
                }
            }
        }
    }

    /// <summary>The documents that hold such blocks, in reading order.</summary>
    public static IEnumerable<string> Documents() =>
        All().Where(document => File.ReadAllText(Repository.PathOf(document)).Contains(Mark, StringComparison.Ordinal));

    /// <summary>The projects a document shows, each with the files it has at the end of that document.</summary>
    public static IReadOnlyDictionary<string, SortedDictionary<string, string>> ProjectsAfter(string document)
    {
        var projects = new Dictionary<string, SortedDictionary<string, string>>(StringComparer.Ordinal);
        var shown = new HashSet<string>(StringComparer.Ordinal);
        foreach (var each in Documents())
        {
            foreach (var (file, code) in Read(Repository.PathOf(each)))
            {
                var parts = file.Split('/', 2);
                if (!projects.TryGetValue(parts[0], out var files))
                {
                    projects[parts[0]] = files = new(StringComparer.Ordinal);
                }

                files[parts[1]] = code;
                if (each == document)
                {
                    shown.Add(parts[0]);
                }
            }

            if (each == document)
            {
                break;
            }
        }

        return projects.Where(project => shown.Contains(project.Key)).ToDictionary();
    }

    private static IEnumerable<(string File, string Code)> Read(string path)
    {
        string? file = null;
        var code = new StringBuilder();
        foreach (var line in File.ReadLines(path))
        {
            if (file is null && line.StartsWith(Mark, StringComparison.Ordinal))
            {
                file = line[Mark.Length..].Trim();
                code.Clear();
            }
            else if (file is not null && line.StartsWith(Fence, StringComparison.Ordinal))
            {
                yield return (file, code.ToString());
                file = null;
            }
            else if (file is not null)
            {
                code.AppendLine(line);
            }
        }
    }
}
