using Channels.Tests.Support;

namespace Channels.Tests.Architecture;

/// <summary>
/// Every statement of the references is proven by a test that carries its id, or is a row of docs/differences.md that says
/// what we do instead.
/// </summary>
public sealed class StatementCoverageTests
{
    private readonly SortedDictionary<string, string> _statements = StatementNames.Listed();

    [Test]
    public void Every_statement_is_a_named_test_or_a_listed_difference()
    {
        var covered = Tested().Concat(Differing()).ToHashSet(StringComparer.Ordinal);

        Assert.That(_statements.Where(statement => !covered.Contains(statement.Key)).Select(statement => $"{statement.Key}: {statement.Value}"), Is.Empty);
    }

    [Test]
    public void Ids_of_tests_and_differences_exist() =>
        Assert.That(Tested().Concat(Differing()).Distinct().Where(id => !_statements.ContainsKey(id)), Is.Empty);

    [TestCase("C_ROUTE_01_C_APP_02_words", "C-ROUTE-01 C-APP-02")]
    [TestCase("C_WORK_04_05_words", "C-WORK-04 C-WORK-05")]
    [TestCase("W_13_to_15_17_words", "W-13 W-14 W-15 W-17")]
    [TestCase("R_MSG_0B_1024_levels", "R-MSG-0B")]
    [TestCase("C_LAYER_03_99_characters", "C-LAYER-03")]
    [TestCase("SEC_24_a_bomb_W_76", "W-76")]
    [TestCase("What_99_words_mean", "")]
    public void Names_are_read_as_they_are_meant(string name, string ids) =>
        Assert.That(StatementNames.InTestName(name, _statements.Keys).Distinct(), Is.EqualTo(ids.Split(' ', StringSplitOptions.RemoveEmptyEntries)));

    private IEnumerable<string> Tested() => StatementNames.OfTests().SelectMany(name => StatementNames.InTestName(name, _statements.Keys));

    private IEnumerable<string> Differing() => File.ReadLines(Repository.PathOf("docs", "differences.md"))
        .SelectMany(line => StatementNames.InTableRow(line, _statements.Keys));
}
