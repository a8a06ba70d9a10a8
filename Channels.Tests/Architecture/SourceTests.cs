using System.Reflection;
using System.Text.RegularExpressions;
using Channels.Tests.Support;

namespace Channels.Tests.Architecture;

/// <summary>Ways of the house that a machine can check (style, part 4).</summary>
public sealed partial class SourceTests
{
    private const int LongestFile = 400;

    [TestCaseSource(typeof(Libraries), nameof(Libraries.Names))]
    public void One_public_type_per_file_named_like_it_or_the_events_of_one_protocol(string project)
    {
        var wrong = new List<string>();
        foreach (var file in Repository.SourcesOf(project))
        {
            var types = PublicTypes().Matches(File.ReadAllText(file)).Select(m => m.Groups[1].Value).Distinct().ToList();
            var name = Path.GetFileNameWithoutExtension(file).Split('.', '{')[0];
            if (name.EndsWith("Events", StringComparison.Ordinal) && types.Count > 0)
            {
                continue; // a family that reads better together: design, decision 1
            }

            if (types.Count > 1 || (types.Count == 1 && types[0] != name))
            {
                wrong.Add($"{Path.GetRelativePath(Repository.Root, file)}: {string.Join(", ", types)}");
            }
        }

        Assert.That(wrong, Is.Empty);
    }

    [TestCaseSource(typeof(Libraries), nameof(Libraries.Names))]
    public void Files_stay_short(string project)
    {
        var tooLong = Repository.SourcesOf(project).Where(file => File.ReadLines(file).Count() > LongestFile);
        Assert.That(tooLong, Is.Empty, $"no file over {LongestFile} lines");
    }

    [TestCaseSource(typeof(Libraries), nameof(Libraries.Names))]
    public void Files_use_their_projects_namespace(string project)
    {
        string[] expected = project == "Channels.Core" ? ["Channels", "Channels.Extending"] : [project];
        var wrong = Repository.SourcesOf(project).Where(file =>
            NamespaceLine().Match(File.ReadAllText(file)) is { Success: true } match && !expected.Contains(match.Groups[1].Value));
        Assert.That(wrong, Is.Empty, $"every file of {project} is in namespace {string.Join(" or ", expected)}");
    }

    [TestCaseSource(typeof(Libraries), nameof(Libraries.Names))]
    public void No_static_mutable_state(string project)
    {
        var fields = Libraries.Load(project).GetTypes().Where(type => !Libraries.IsCompilerGenerated(type))
            .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Where(field => !field.IsInitOnly && !field.IsLiteral && !field.Name.Contains("__", StringComparison.Ordinal));
        Assert.That(fields.Select(field => $"{field.DeclaringType}.{field.Name}"), Is.Empty);
    }

    [TestCaseSource(typeof(Libraries), nameof(Libraries.Names))]
    public void Public_classes_are_sealed_or_made_for_inheritance(string project)
    {
        var open = Libraries.Load(project).GetExportedTypes().Where(type =>
            type is { IsClass: true, IsSealed: false, IsAbstract: false } && !type.IsSubclassOf(typeof(Delegate)));
        Assert.That(open.Select(type => type.FullName), Is.Empty);
    }

    [Test]
    [Proves("E-10")]
    public void Log_event_ids_are_unique_across_the_libraries()
    {
        var ids = Libraries.Names.SelectMany(Repository.SourcesOf)
            .SelectMany(file => LoggerMessageId().Matches(File.ReadAllText(file)).Select(m => (Id: m.Groups[1].Value, File: Path.GetFileName(file))))
            .GroupBy(x => x.Id).Where(g => g.Count() > 1).Select(g => $"{g.Key}: {string.Join(", ", g.Select(x => x.File))}");
        Assert.That(ids, Is.Empty);
    }

    [Test]
    [Proves("E-27")]
    public void Public_names_do_not_fight_the_platforms()
    {
        string[] taken = ["Channel", "ChannelReader", "ChannelWriter", "Route", "ISession", "WebApplication", "Results", "Endpoint", "WebSocketOptions", "WebSocket", "HttpContext"];
        var clashes = Libraries.Names.SelectMany(name => Libraries.Load(name).GetExportedTypes()).Where(type => taken.Contains(type.Name));
        Assert.That(clashes.Select(type => type.FullName), Is.Empty);
    }

    [Test]
    public void Tests_do_not_sleep()
    {
        var sleeping = new[] { "Channels.Tests", "Channels.Tests.Outside" }.SelectMany(Repository.SourcesOf)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}Support{Path.DirectorySeparatorChar}", StringComparison.Ordinal) && !file.EndsWith(nameof(SourceTests) + ".cs", StringComparison.Ordinal))
            .SelectMany(file => File.ReadLines(file).Where(line => Sleep().IsMatch(line)).Select(line => $"{Path.GetFileName(file)}: {line.Trim()}"));
        Assert.That(sleeping, Is.Empty, "observe, or use ManualTimeProvider; waits with a limit (WhenAny), for ever, or by a clock of the test's are none");
    }

    // What a test waits for takes as long as the machine likes: a limit of its own would be a verdict about what else runs there.
    [Test]
    public void Tests_wait_with_patience()
    {
        var impatient = new[] { "Channels.Tests", "Channels.Tests.Outside" }.SelectMany(Repository.SourcesOf)
            .SelectMany(file => File.ReadLines(file).Where(line => Impatient().IsMatch(line)).Select(line => $"{Path.GetFileName(file)}: {line.Trim()}"));
        Assert.That(impatient, Is.Empty, "wait with Eventually.Patience");
    }

    [Test]
    [Proves("FG-17")]
    public void Tests_make_their_folders_where_the_next_run_sweeps()
    {
        const string elsewhere = "CreateTemp" + "Subdirectory"; // in two parts, or this file had it
        var strays = new[] { "Channels.Tests", "Channels.Tests.Outside", "Channels.SocketIO.Tests", "Channels.SocketRouter.Tests" }.SelectMany(Repository.SourcesOf)
            .Where(file => File.ReadAllText(file).Contains(elsewhere, StringComparison.Ordinal));
        Assert.That(strays.Select(Path.GetFileName), Is.Empty, "use TestFolder");
    }

    [GeneratedRegex(@"WaitAsync\(TimeSpan\.From|using var limit = new CancellationTokenSource\(TimeSpan\.From(?!.*, time\))")]
    private static partial Regex Impatient();

    [GeneratedRegex(@"Thread\.Sleep\(|Task\.Delay\((?!.*(?:Infinite|, time\b))(?<!WhenAny.*)")]
    private static partial Regex Sleep();

    [GeneratedRegex(@"^public (?:(?:sealed|abstract|static|partial|readonly|ref|unsafe) )*(?:class|record struct|record|struct|interface|enum|delegate [\w<>\[\]?]+) (\w+)", RegexOptions.Multiline)]
    private static partial Regex PublicTypes();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();

    [GeneratedRegex(@"\[LoggerMessage\((?:EventId = )?(\d+),")]
    private static partial Regex LoggerMessageId();
}
