using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Channels.Layers.Redis;
using Channels.Tests.Support;

namespace Channels.Tests.Interop;

/// <summary>Keys, names, shards, capacities and purge bounds against the recorded ones.</summary>
public sealed class NameAndShardTests
{
    [TestCaseSource(typeof(WireVectors), nameof(WireVectors.Cases), new object[] { "shard_index", "cases", "name" })]
    [Proves("R-CORE-30", "R-CORE-31")]
    public void Names_belong_to_the_shard_that_Python_picks(JsonElement vector)
    {
        Assert.That(ShardRing.Checksum(vector.Text("name")).ToString("x8", CultureInfo.InvariantCulture), Is.EqualTo(vector.Text("crc32")));
        foreach (var index in vector.GetProperty("index").EnumerateObject())
        {
            Assert.That(ShardRing.IndexOf(vector.Text("name"), int.Parse(index.Name, CultureInfo.InvariantCulture)), Is.EqualTo(index.Value.GetInt32()));
        }
    }

    [Test]
    [Proves("R-CORE-30")]
    public void Shard_boundaries_are_exact()
    {
        foreach (var ring in WireVectors.Load().GetProperty("shard_index").GetProperty("boundaries").GetProperty("cases").EnumerateArray())
        {
            var size = ring.GetProperty("ring_size").GetInt32();
            var firsts = Enumerable.Range(0, size).Select(index => Enumerable.Range(0, 4096).First(low => ShardRing.IndexOf((uint)low, size) == index));
            Assert.That(firsts, Is.EqualTo(ring.GetProperty("first_low12_of_each_index").EnumerateArray().Select(first => first.GetInt32())));
        }
    }

    [TestCaseSource(typeof(WireVectors), nameof(WireVectors.Cases), new object[] { "names", "cases", "name" })]
    [Proves("R-CORE-02", "R-CORE-06", "R-CORE-07")]
    public void Names_are_judged_as_by_Python_but_strictly_ASCII(JsonElement vector)
    {
        var name = vector.Text("name");
        var strict = name.All(char.IsAscii) && !name.EndsWith('\n');
        Assert.That(ChannelNames.IsChannel(name), Is.EqualTo(strict && vector.GetProperty("channel_ok").GetBoolean()));
        Assert.That(ChannelNames.IsGroup(name), Is.EqualTo(strict && vector.GetProperty("group_ok").GetBoolean()));
        if (ChannelNames.IsChannel(name))
        {
            Assert.That(ChannelNames.NonLocalPart(name), Is.EqualTo(vector.Text("part_in_key")));
        }
    }

    [TestCaseSource(typeof(WireVectors), nameof(WireVectors.Cases), new object[] { "channel_keys", "cases", "key" })]
    [Proves("R-CORE-01", "R-CORE-02")]
    public void Channel_keys_are_Pythons(JsonElement vector) =>
        Assert.That(new WireNames(vector.Text("prefix")).InboxKey(ChannelNames.NonLocalPart(vector.Text("channel"))), Is.EqualTo(vector.Text("key")));

    [TestCaseSource(typeof(WireVectors), nameof(WireVectors.Cases), new object[] { "group_keys", "cases", "key" })]
    [Proves("R-CORE-03", "R-PUB-03")]
    public void Group_keys_are_Pythons(JsonElement vector)
    {
        var names = new WireNames(vector.Text("prefix"));
        var actual = vector.Text("layer") == "core" ? names.GroupKey(vector.Text("group")) : names.GroupChannel(vector.Text("group"));
        Assert.That(actual, Is.EqualTo(vector.TryGetProperty("key", out var key) ? key.GetString() : vector.Text("channel")));
    }

    [TestCaseSource(typeof(WireVectors), nameof(WireVectors.Cases), new object[] { "purge", "cases", "clock" })]
    [Proves("R-CORE-20", "R-CORE-47")]
    public void The_purge_bound_is_Pythons(JsonElement vector)
    {
        var clock = double.Parse(vector.Text("clock"), CultureInfo.InvariantCulture);
        var bound = UnixTime.PurgeBound(clock, TimeSpan.FromSeconds(vector.GetProperty("expiry").GetDouble()));
        Assert.That(bound, Is.EqualTo(vector.GetProperty("bound_sent_to_redis").GetInt64()));
        foreach (var score in vector.GetProperty("scores").EnumerateArray())
        {
            Assert.That(double.Parse(score.Text("score"), CultureInfo.InvariantCulture) > bound, Is.EqualTo(score.GetProperty("kept").GetBoolean()));
        }
    }

    [Test]
    [Proves("R-CORE-61")]
    public void Capacity_rules_match_as_in_Python()
    {
        var cases = WireVectors.Load().GetProperty("capacity").GetProperty("cases");
        var options = new RedisLayerOptions { Capacity = cases.GetProperty("default").GetInt32() };
        foreach (var rule in cases.GetProperty("rules_in_order").EnumerateArray())
        {
            var capacity = rule.GetProperty("capacity").GetInt32();
            options.ChannelCapacity.Add(rule.Text("kind") == "glob" ? new(rule.Text("pattern"), capacity) : ChannelCapacityRule.ForRegex(rule.Text("pattern"), capacity));
        }

        var capacities = new ChannelCapacities(options);
        foreach (var lookup in cases.GetProperty("lookups").EnumerateArray())
        {
            Assert.That(capacities.For(lookup.Text("channel")), Is.EqualTo(lookup.GetProperty("capacity").GetInt32()), lookup.Text("channel"));
        }
    }

    [Test]
    [Proves("R-CORE-23", "R-CORE-24")]
    public void Scores_rise_strictly_and_survive_as_text()
    {
        var scores = new ScoreGenerator(new FrozenTime());
        var drawn = Enumerable.Range(0, 10_000).Select(_ => scores.Next()).ToArray();
        Assert.That(drawn, Is.Ordered.Ascending);
        Assert.That(drawn, Is.Unique);
        Assert.That(drawn[^1] - drawn[0], Is.LessThan(0.01));
        Assert.That(drawn, Has.All.Matches<double>(score => double.Parse(score.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture).Equals(score)));
    }

    [Test]
    [Proves("R-CORE-71")]
    public void Glob_characters_in_a_prefix_are_taken_literally()
    {
        Assert.That(WireNames.StartsWithPattern("a[0-9]b*?\\"), Is.EqualTo(@"a\[0\-9\]b\*\?\\*"));
        var names = new WireNames("asgi");
        Assert.That(names.IsOwnShape("asgiwork") && names.IsOwnShape("asgi:group:chat") && names.IsOwnShape("asgispecific.0!$inflight"));
        Assert.That(names.IsOwnShape("asgi:other") || names.IsOwnShape("other") || names.IsOwnShape("asgi2:x"), Is.False);
    }

    [Test]
    [Proves("R-PUB-05", "R-PUB-1C")]
    public void Names_of_the_pub_sub_layout_are_checked()
    {
        var names = new WireNames("my:app:");
        Assert.That(() => names.ThrowIfNotPubSubChannel("my:app:specific.00"), Throws.Nothing);
        Assert.That(() => names.ThrowIfNotPubSubChannel("thumbnails"), Throws.Nothing);
        Assert.That(() => names.ThrowIfNotPubSubChannel("my:app:__group__chat"), Throws.InstanceOf<ArgumentException>().With.Message.Contains("group"));
        Assert.That(() => names.ThrowIfNotPubSubChannel("a b"), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => names.ThrowIfNotPubSubChannel(new string('a', 100)), Throws.InstanceOf<ArgumentException>());
    }

    private sealed class FrozenTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);
    }
}
