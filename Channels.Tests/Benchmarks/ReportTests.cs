using System.Text.Json;
using System.Xml.Linq;
using Channels.Benchmarks;

namespace Channels.Tests.Benchmarks;

public sealed class ReportTests
{
    private static readonly CellResult[] Cells =
    [
        Cell("channels /group-raw", 5.5, 1), Cell("channels /group-raw", 6.5, 2), Cell("channels /group-raw", 60, 3),
        Cell("limit", 5, 1), Cell("limit", 5, 2), Cell("limit", 5, 3),
        Cell("signalr", 20, 1), Cell("signalr", 10, 2), Cell("signalr", 10, 3),
    ];

    [Test]
    public void Targets_compare_medians_and_say_pass_or_fail()
    {
        var verdicts = Verdicts(Cells);

        Assert.That(Find(verdicts, "limit"), Has.Property("Reached").EqualTo(1.3).Within(1e-9).And.Property("Passed").False);
        Assert.That(Find(verdicts, "signalr"), Has.Property("Reached").EqualTo(0.65).Within(1e-9).And.Property("Passed").True);
    }

    [Test]
    public void A_lost_message_fails_every_target_of_its_workload()
    {
        var verdicts = Verdicts([.. Cells, Cell("channels /group-raw", 5, 4) with { Lost = 1 }]);

        Assert.That(verdicts, Is.Not.Empty.And.All.Property("Passed").False);
    }

    [Test]
    public void A_target_without_the_other_side_is_not_judged()
    {
        Assert.That(Verdicts(Cells[..3]), Is.Empty);
    }

    [TestCase(20_000, true)]
    [TestCase(19_999, false)]
    public void A_target_without_another_side_judges_the_figure_itself(double perSecond, bool passed)
    {
        CellResult[] cells = [new() { Workload = "redis-sends", Contestant = "channels redis", Round = 1, PerSecond = perSecond }];

        var verdict = Verdicts(cells).Single();

        Assert.That(verdict, Has.Property("Reached").EqualTo(perSecond).And.Property("Passed").EqualTo(passed));
        Assert.That(MarkdownReport.Write(Summary.Of(cells), [verdict], []), Does.Contain($"|  | ≥ 20,000 | {perSecond:#,0} |"));
    }

    [Test]
    public void The_table_names_figures_faults_and_verdicts()
    {
        var summaries = Summary.Of([.. Cells, new CellResult { Workload = "fanout-1", Contestant = "socketio", Round = 1, Failure = "a|b" }]);

        var table = MarkdownReport.Write(summaries, Verdicts(Cells), []);

        Assert.That(table, Does.Contain("| channels /group-raw | 1,000 |").And.Contain("| 1.30 | 0.65 |").And.Contain("failed: a/b").And.Contain("**FAIL**"));
    }

    [Test]
    public void Another_build_is_compared_within_each_round()
    {
        CellResult[] cells = [.. Cells, Cell("baseline /group-raw", 5, 1), Cell("baseline /group-raw", 6.5, 2), Cell("baseline /group-raw", 75, 3)];

        var cpu = BuildRatio.Of(cells).Single(static ratio => ratio.Figure == "CPU");

        Assert.That((cpu.Contestant, cpu.Old, cpu.New, cpu.Ratio, cpu.Error, cpu.Lowest, cpu.Highest), Is.EqualTo(("channels /group-raw", 6.5, 6.5, 1.0, (double?)null, 0.8, 1.1)));
        Assert.That(BuildRatio.Of(Cells), Is.Empty, "nobody to compare with");
        Assert.That(MarkdownReport.Write(Summary.Of(cells), [], [cpu]), Does.Contain("| fanout-1 | channels /group-raw | CPU | 6.50 | 6.50 | 1.000 |  | 0.800 to 1.100 |"));
        Assert.That(Verdicts(cells).Select(static verdict => verdict.Against), Has.None.StartsWith("baseline"));
    }

    [Test]
    public void A_ratio_of_many_rounds_has_an_error_that_disturbed_rounds_do_not_move()
    {
        double[] now = [1, 1, 1.01, 1.01, 1.02, 1.02, 1.03, 9];
        CellResult[] cells = [.. now.SelectMany((cpu, i) => new[] { Cell("channels /echo", cpu, i), Cell("baseline /echo", 1, i) })];

        var ratio = BuildRatio.Of(cells).Single(static ratio => ratio.Figure == "CPU");

        Assert.That(ratio.Ratio, Is.EqualTo(1.015).Within(1e-9));
        Assert.That(ratio.Error, Is.EqualTo(1.253 * (1.02 - 1.01) / 1.349 / Math.Sqrt(8)).Within(1e-9));
        Assert.That(MarkdownReport.Write(Summary.Of(cells), [], [ratio]), Does.Contain("| 1.015 | 0.003 | 1.000 to 9.000 |"));
    }

    [Test]
    public void Another_build_takes_part_with_the_same_contestants()
    {
        static string[] Names(IEnumerable<Contestant> all, string word) =>
            [.. all.Where(contestant => contestant.Name.StartsWith(word + " ", StringComparison.Ordinal)).Select(contestant => $"{contestant.Name[word.Length..]} {contestant.Kinds}").Order()];

        var switches = new RunSwitches();
        var line = switches.Command.Parse(["--baseline", Repository.Root, "--peers", "channels,baseline,baseline-redis", "--rounds", "9"]);
        Assert.That(line.Errors, Is.Empty);
        Assert.That(switches.Read(line).Timing.Rounds, Is.EqualTo(9));
        var all = switches.Read(line).Contestants;

        Assert.That(Names(all, "baseline"), Is.Not.Empty.And.EqualTo(Names(all, "channels")));
    }

    [Test]
    public void The_phases_of_a_cell_last_as_long_as_is_said()
    {
        var switches = new RunSwitches();
        Timing Read(params string[] args) => switches.Read(switches.Command.Parse(args)).Timing;

        Assert.That(Read("--warm-up", "5"), Is.EqualTo(Timing.Default with { WarmUp = TimeSpan.FromSeconds(5) }));
        Assert.That(Read("--quick", "--seconds", "0.3"), Is.EqualTo(Timing.Quick with { Measure = TimeSpan.FromSeconds(0.3) }));
        Assert.That(switches.Read(switches.Command.Parse(["--settle", "15"])).Settle, Is.EqualTo(TimeSpan.FromSeconds(15)));
    }

    [Test]
    public void The_plot_is_well_formed_and_escapes_its_labels()
    {
        var svg = new BarPlot("a < b & c", [new BarPanel("per second", [("channels /echo", 10), ("limit", 0)])]).Write();

        var texts = XDocument.Parse(svg).Descendants().Where(static element => element.Name.LocalName == "text").Select(static element => element.Value);
        Assert.That(texts, Is.EquivalentTo(new[] { "a < b & c", "per second", "channels /echo", "10.0", "limit", "0.00" }));
    }

    [Test]
    public void The_json_file_holds_rounds_medians_and_verdicts()
    {
        using var json = JsonDocument.Parse(JsonReport.Of(Cells, Summary.Of(Cells), Verdicts(Cells)).Write());

        Assert.Multiple(() =>
        {
            Assert.That(json.RootElement.GetProperty("rounds").GetArrayLength(), Is.EqualTo(9));
            Assert.That(json.RootElement.GetProperty("medians")[0].GetProperty("cpuPerMillion").GetDouble(), Is.EqualTo(6.5));
            Assert.That(json.RootElement.GetProperty("targets")[0].GetProperty("bound").GetDouble(), Is.EqualTo(1.05));
        });
    }

    [TestCase("--only", "nothing")]
    [TestCase("--peers", "nobody")]
    [TestCase("--rounds", "0")]
    [TestCase("--rounds", "1.5")]
    [TestCase("--warm-up", "0")]
    [TestCase("--seconds", "-1")]
    [TestCase("--only")]
    [TestCase("--what")]
    [TestCase("--peers", "baseline")]
    [TestCase("--baseline", "/nowhere at all")]
    public void Wrong_options_are_refused_by_name(params string[] args) =>
        Assert.That(new RunSwitches().Command.Parse(args).Errors.Select(error => error.Message), Has.Some.Contains(args[^1]));

    private static TargetVerdict[] Verdicts(CellResult[] cells)
    {
        var summaries = Summary.Of(cells);
        return [.. TargetCatalog.All.SelectMany(target => target.Judge(summaries))];
    }

    private static TargetVerdict Find(TargetVerdict[] verdicts, string against) =>
        verdicts.First(verdict => verdict.Against == against && verdict.Target.Figure == Figure.Cpu);

    private static CellResult Cell(string contestant, double cpu, int round) => new()
    {
        Workload = "fanout-1",
        Contestant = contestant,
        Round = round,
        PerSecond = 1000,
        P99 = 1,
        CpuPerMillion = cpu,
    };
}
