using Channels.Benchmarks;

namespace Channels.Tests.Benchmarks;

/// <summary>Tiny loads through a Redis server of the test's own: every contestant works, and nothing is lost or doubled.</summary>
[Platform("Linux")]
public sealed class RedisLoadSmokeTests
{
    private static readonly Timing Short = new(TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(300), TimeSpan.Zero, 1);

    private static IEnumerable<TestCaseData> Sharing => PeerCatalog.All
        .Where(static contestant => (contestant.Kinds & LoadKinds.FanOutShared) != 0)
        .Select(static contestant => new TestCaseData(contestant).SetArgDisplayNames(contestant.Name));

    [TestCaseSource(nameof(Sharing))]
    public void A_group_spans_all_processes_of_a_contestant(object shares)
    {
        var contestant = (Contestant)shares;
        Require(contestant.Peer.Backend);
        Require(contestant.Peer);
        using var redis = contestant.Peer.Backend is { } backend ? PeerServers.Start(backend, null) : null;
        using var servers = PeerServers.Start(contestant.Peer, redis);

        var result = servers.Run(new GroupWorkload("redis-fanout", "tiny") { Groups = 1, Members = 6, PayloadBytes = 128, Window = 4 }, Against(contestant, servers));

        Assert.That(result, Has.Property("IsClean").True.And.Property("Count").Positive);
        Assert.That(servers.Servers, Has.Count.EqualTo(redis is null ? 1 : 2));
        Assert.That(result.BackendCores is null, Is.EqualTo(redis is null));
    }

    [TestCase(0)]
    [TestCase(3)]
    public void Sends_of_one_process_are_counted_and_all_arrive(int groupMembers)
    {
        var contestant = PeerCatalog.All.Single(static contestant => contestant.Kinds == LoadKinds.LayerSends);
        Require(contestant.Peer);
        using var redis = PeerServers.Start(contestant.Peer, null);

        var result = new SendWorkload("redis-sends", "tiny") { Senders = 4, GroupMembers = groupMembers }.Run(Against(contestant, redis));

        Assert.That(result, Has.Property("IsClean").True.And.Property("Count").Positive);
        Assert.That(result.GeneratorCores, Is.Null, "this process is what is measured");
    }

    [Test]
    public void Keys_of_two_processes_join_and_are_listed()
    {
        var contestant = PeerCatalog.All.Single(static contestant => contestant.Kinds == LoadKinds.Presence);
        Require(contestant.Peer);
        using var redis = PeerServers.Start(contestant.Peer, null);

        var result = new PresenceWorkload("redis-presence", "tiny", 1_500).Run(Against(contestant, redis));

        Assert.That(result, Has.Property("IsClean").True.And.Property("Count").EqualTo(1_500).And.Property("P99").Positive);
    }

    [Test]
    public void Clients_that_come_back_get_all_that_they_missed()
    {
        var contestant = PeerCatalog.All.First(static contestant => (contestant.Kinds & LoadKinds.CatchUp) != 0);
        Require(contestant.Peer);
        using var server = PeerServers.Start(contestant.Peer, null);

        var result = new CatchUpWorkload("catch-up", "tiny", 10, 200).Run(Against(contestant, server));

        Assert.That(result, Has.Property("IsClean").True.And.Property("Count").EqualTo(2_000));
    }

    [Test]
    public void Connections_go_to_the_processes_in_turn()
    {
        var contestant = PeerCatalog.All[0];
        ServerProcess[] servers = [new(new(0, 1), 1), new(new(0, 2), 2)];

        var cell = new Cell(contestant.Name, contestant.Dialect, servers, 1, Short) { RunId = "t" };

        Assert.That(Enumerable.Range(0, 4).Select(i => cell.TargetOf(i).Port), Is.EqualTo(new[] { 1, 2, 1, 2 }));
    }

    private static void Require(Peer? peer)
    {
        if (peer is RedisPeer) Support.ExternalTools.Require("redis-server");
        if (peer is DjangoPeer) Support.ExternalTools.Require("python3-channels-redis");
        if (peer?.Missing is { } missing) Assert.Ignore($"skipped: {peer.Name}: {missing}");
    }

    private static Cell Against(Contestant contestant, PeerServers running) =>
        new(contestant.Name, contestant.Dialect, running.Servers, 1, Short) { RunId = "t", Backend = running.Backend };
}
