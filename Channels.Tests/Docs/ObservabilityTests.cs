using System.Text.RegularExpressions;
using Channels.Tests.Architecture;
using Channels.Tests.Support;

namespace Channels.Tests.Docs;

/// <summary>docs/guides/observability.md lists every instrument and every log event, and nothing else.</summary>
public sealed partial class ObservabilityTests
{
    private readonly string _guide = File.ReadAllText(Repository.PathOf("docs", "guides", "observability.md"));

    [Test]
    [Proves("E-10")]
    public void Every_log_event_is_listed_with_its_level()
    {
        var logged = Sources().SelectMany(source => LogEvents().Matches(source))
            .Select(match => $"{match.Groups["id"].Value} {(match.Groups["level"].Success ? match.Groups["level"].Value : "varies")}");
        var listed = ListedEvents().Matches(_guide).Select(match => $"{match.Groups["id"].Value} {match.Groups["level"].Value}");

        Assert.That(listed, Is.EquivalentTo(logged));
    }

    [Test]
    [Proves("E-10")]
    public void Every_log_event_has_an_id_and_its_librarys_thousand()
    {
        Assert.That(Sources().Sum(source => LogEvents().Count(source)), Is.EqualTo(Sources().Sum(source => AnyLogEvent().Count(source))), "each [LoggerMessage] begins with its id and level");
        var firsts = new Dictionary<string, char[]>
        {
            ["Channels.Core"] = ['1', '2', '3', '4', '7'],
            ["Channels.Routing"] = ['4'],
            ["Channels.Kestrel"] = ['1'],
            ["Channels.Layers.Redis"] = ['5'],
            ["Channels.AspNetCore"] = ['6'],
            ["Channels.SocketIO"] = ['8'],
            ["Channels.SocketRouter"] = ['9'],
        };
        var strays = Libraries.Names.SelectMany(library => Repository.SourcesOf(library).SelectMany(file => LogEvents().Matches(File.ReadAllText(file)))
            .Select(match => (library, id: match.Groups["id"].Value))).Where(found => !firsts.TryGetValue(found.library, out var allowed) || !allowed.Contains(found.id[0]));
        Assert.That(strays, Is.Empty);
    }

    [Test]
    [Proves("E-11")]
    public void Every_instrument_is_listed_with_its_kind_and_unit()
    {
        var made = Sources().SelectMany(source => Instruments().Matches(source))
            .Select(match => $"{match.Groups["name"].Value} {Kind(match.Groups["kind"].Value)} {match.Groups["unit"].Value}").Distinct();
        var listed = ListedInstruments().Matches(_guide).Select(match => $"{match.Groups["name"].Value} {match.Groups["kind"].Value} {match.Groups["unit"].Value}");

        Assert.That(listed, Is.EquivalentTo(made));
    }

    private static string Kind(string method) => method switch
    {
        "UpDownCounter" => "up-down counter",
        "ObservableUpDownCounter" => "observable up-down counter",
        "ObservableGauge" => "observable gauge",
        _ => method.ToLowerInvariant(),
    };

    private static IEnumerable<string> Sources() => Libraries.Names.SelectMany(Repository.SourcesOf).Select(File.ReadAllText);

    [GeneratedRegex(@"\[LoggerMessage\(")]
    private static partial Regex AnyLogEvent();

    [GeneratedRegex(@"\[LoggerMessage\((?:(?<id>\d{4}), LogLevel\.(?<level>\w+),|EventId = (?<id>\d{4}),)")]
    private static partial Regex LogEvents();

    [GeneratedRegex(@"^\| (?<id>\d{4}) \| (?<level>\w+) \|", RegexOptions.Multiline)]
    private static partial Regex ListedEvents();

    [GeneratedRegex(@"\.Create(?<kind>\w+?)(?:<\w+>)?\(\s*""(?<name>[a-z._]+)"",\s*(?:(?:\(\) => )?[\w.]+,\s*)?""(?<unit>[^""]+)""")]
    private static partial Regex Instruments();

    [GeneratedRegex(@"^\| `(?<name>[a-z._]+)` \| (?<kind>[a-z -]+) \| (?<unit>\S+) \|", RegexOptions.Multiline)]
    private static partial Regex ListedInstruments();
}
