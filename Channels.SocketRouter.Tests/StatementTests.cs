using System.Globalization;
using System.Text.RegularExpressions;
using Channels.Tests.Support;

namespace Channels.Tests.SocketRouter;

/// <summary>Every statement of the reference is proven by a test, or explained among the differences.</summary>
public sealed partial class StatementTests
{
    private const int Statements = 75;

    [Test]
    public void Each_statement_is_proven_or_explained()
    {
        var proven = new[] { "Channels.SocketRouter.Tests", "Channels.Tests" }
            .SelectMany(project => Directory.EnumerateFiles(Repository.PathOf(project), "*.cs", SearchOption.AllDirectories))
            .SelectMany(File.ReadLines).Where(line => line.Contains("[Proves(", StringComparison.Ordinal));
        var explained = File.ReadLines(Repository.PathOf("docs", "differences.md")).Where(line => line.StartsWith("| SR-", StringComparison.Ordinal)).Select(line => line.Split('|')[1]);
        var known = proven.Concat(explained).SelectMany(line => Id().Matches(line)).Select(match => match.Value).ToHashSet(StringComparer.Ordinal);

        Assert.That(Enumerable.Range(1, Statements).Select(number => string.Create(CultureInfo.InvariantCulture, $"SR-{number:D2}")).Where(id => !known.Contains(id)), Is.Empty);
    }

    [GeneratedRegex(@"SR-\d\d")]
    private static partial Regex Id();
}
