using Channels.Tests.Support;

namespace Channels.Tests.Layers;

public sealed class ChannelCapacitiesTests
{
    [TestCase("jobs", "jobs", true)]
    [TestCase("jobs", "jobs2", false)]
    [TestCase("jobs", "my-jobs", false)]
    [TestCase("http.*", "http.request", true)]
    [TestCase("http.*", "httpx", false)]
    [TestCase("*", "anything!x", true)]
    [TestCase("job?", "jobs", true)]
    [TestCase("job?", "job", false)]
    [TestCase("job[st]", "jobs", true)]
    [TestCase("job[st]", "jobx", false)]
    [TestCase("job[!st]", "jobx", true)]
    [TestCase("job[!st]", "jobs", false)]
    [TestCase("job[a-c]", "jobb", true)]
    [TestCase("specific.inmemory!*", "specific.inmemory!abc", true)]
    [TestCase("a.c", "abc", false)]
    [TestCase("job[", "job[", true)]
    [TestCase("a+", "aa", false)]
    [TestCase("job[^s]", "jobs", true)] // only '!' negates
    [TestCase("job[^s]", "jobx", false)]
    [TestCase("job[!^]", "jobs", true)]
    [TestCase("job[a-]", "job-", true)]
    [TestCase("job[a-]", "jobb", false)]
    [TestCase("job[a-c-e]", "jobd", false)]
    [TestCase("job[a-c-e]", "job-", true)]
    [TestCase("job[c-a]", "jobb", false)]
    [TestCase("job[!c-a]", "jobb", true)]
    [TestCase("job[-a]", "job-", true)]
    [TestCase("job[]s]", "jobs", true)]
    [TestCase("job[!]s]", "jobs", false)]
    [TestCase("job[!]s]", "jobx", true)]
    [TestCase("job[!]", "job[!]", true)]
    [TestCase("job[]", "job[]", true)]
    [Proves("C-LAYER-11")]
    public void A_glob_matches_the_whole_name(string glob, string channel, bool matches) =>
        Assert.That(Of(new ChannelCapacityRule(glob, 7)).For(channel), Is.EqualTo(matches ? 7 : 100));

    [TestCase("job", "jobs", true)]
    [TestCase("job", "my-job", false)]
    [TestCase("a|b", "bcd", true)]
    [TestCase("a|b", "cab", false)]
    [TestCase(".*thumb", "my-thumb", true)]
    [Proves("C-LAYER-11")]
    public void An_expression_matches_from_the_start(string regex, string channel, bool matches) =>
        Assert.That(Of(ChannelCapacityRule.ForRegex(regex, 7)).For(channel), Is.EqualTo(matches ? 7 : 100));

    [Test]
    [Proves("C-LAYER-11")]
    public void The_first_match_wins()
    {
        var capacities = Of(new("a*", 1), new("ab*", 2), new("*", 3));
        Assert.That((capacities.For("abc"), capacities.For("b")), Is.EqualTo((1, 3)));
    }

    [TestCase("(a+)+$")]
    [TestCase("(a|aa)*b")]
    public void Patterns_are_matched_without_backtracking(string regex) =>
        Assert.That(Of(ChannelCapacityRule.ForRegex(regex, 7)).For(new string('a', 98) + "c"), Is.EqualTo(100));

    private static ChannelCapacities Of(params ChannelCapacityRule[] rules)
    {
        var options = new InMemoryLayerOptions();
        foreach (var rule in rules)
        {
            options.ChannelCapacity.Add(rule);
        }

        return new ChannelCapacities(options);
    }
}
