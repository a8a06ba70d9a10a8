using System.Net;
using Channels.Layers.Redis;
using Channels.Tests.Support;

namespace Channels.Tests.Layers.Redis;

/// <summary>Slots of names, and the list of nodes that says who has them.</summary>
[Proves("FN-1")]
public sealed class ClusterMapTests
{
    private const string Answer = """
        07c37dfeb235213a872192d90877d0cd55635b91 127.0.0.1:30004@31004,,shard-id=69bc slave e7d1eecce10fd6bb5eb35b9f99a514335d9ba9ca 0 1426238317239 4 connected
        67ed2db8d677e59ec4a4cefb06858cf2a1a89fa1 ::1:30002@31002,two.example master - 0 1426238316232 2 connected 5461-10922 [93-<-e7d1eecce10fd6bb5eb35b9f99a514335d9ba9ca]
        e7d1eecce10fd6bb5eb35b9f99a514335d9ba9ca :30001@31001 myself,master - 0 0 1 connected 0-5459 5460 [93->-67ed2db8d677e59ec4a4cefb06858cf2a1a89fa1]
        6ec23923021cf3ffec47632106199cb7f496ce01 10.0.0.3:30003 master,fail - 1426238318243 1426238316232 3 disconnected 10923-16383

        """;

    private static readonly EndPoint Asked = new IPEndPoint(IPAddress.Parse("10.0.0.1"), 30001);

    // From the specification of Redis Cluster, and from CLUSTER KEYSLOT.
    [TestCase("123456789", 12739)]
    [TestCase("", 0)]
    [TestCase("foo{hash_tag}", 2515)]
    [TestCase("bar{hash_tag}", 2515)]
    [TestCase("{}foo", 9500)]
    public void Names_have_the_slots_that_Redis_gives_them(string name, int slot) => Assert.That(ClusterSlot.Of(name), Is.EqualTo(slot));

    [Test]
    public void A_group_and_its_history_are_in_one_slot([Values("asgi", "", "{site}:", "x{y}")] string prefix)
    {
        var names = new WireNames(prefix, sharded: true);
        Assert.That(ClusterSlot.Of(names.GroupChannel("chat_lobby")), Is.EqualTo(ClusterSlot.Of(names.HistoryKeys("chat_lobby").Log)));
        Assert.That(names.GroupOf(names.GroupChannel("chat_lobby")), Is.EqualTo("chat_lobby"));
    }

    [Test]
    public void The_list_of_nodes_says_who_has_which_slot()
    {
        var map = ClusterMap.Parse(Answer, Asked, byName: false);
        Assert.That(map.Nodes.Select(RedisEndPoint.Show), Is.EqualTo(new[] { "10.0.0.1:30001", "10.0.0.3:30003", "[::1]:30002" }));
        Assert.That(new[] { 0, 93, 5460, 5461, 10922, 10923, 16383 }.Select(map.OwnerOf), Is.EqualTo(new[] { 0, 0, 0, 2, 2, 1, 1 }));
        Assert.That(ClusterMap.Parse(Answer, Asked, byName: true).Nodes.Select(RedisEndPoint.Show), Does.Contain("two.example:30002"));
        Assert.That(map.IsAs(ClusterMap.Parse(Answer, Asked, byName: false)) && !map.IsAs(ClusterMap.Parse(Answer.Replace(" 5460 ", " ", StringComparison.Ordinal).Replace(" 5461-", " 5460-", StringComparison.Ordinal), Asked, byName: false)));
    }

    [TestCase("garbage")]
    [TestCase("id 1.2.3.4:1 master - 0 0 1 connected 0-16384")]
    [TestCase("id 1.2.3.4:0 master - 0 0 1 connected 0-1")]
    [TestCase("id nowhere master - 0 0 1 connected 5")]
    [TestCase("id 1.2.3.4:1 master - 0 0 1 connected 7-5")]
    [TestCase("")]
    public void A_list_that_cannot_be_read_is_refused(string answer) =>
        Assert.That(() => ClusterMap.Parse(answer, Asked, byName: false), Throws.InstanceOf<FormatException>().Or.InstanceOf<IOException>().Or.InstanceOf<ArgumentException>());
}
