using System.Text.Json.Nodes;
using Channels.Layers.Redis;
using Channels.Tests.Layers.Redis;
using Channels.Tests.Support;

namespace Channels.Tests.Interop;

/// <summary>The core layout between C# and a real Python process.</summary>
public sealed class CoreInteropTests
{
    private readonly List<RedisServer> _servers = [];
    private PythonPeer? _python;
    private RedisCoreLayer? _layer;

    [TearDown]
    public async Task StopAsync()
    {
        if (_layer is not null)
        {
            await _layer.DisposeAsync();
        }

        if (_python is not null)
        {
            await _python.DisposeAsync();
        }

        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }
    }

    [TestCase("core", 1, false)]
    [TestCase("core", 1, true)]
    [TestCase("core", 3, false)]
    [TestCase("core", 3, true)]
    [TestCase("json", 1, false)]
    [TestCase("json", 1, true)]
    [Proves("R-NEW-01", "R-NEW-02")]
    public async Task Direct_messages_pass_both_ways(string kind, int hosts, bool encrypted)
    {
        var (layer, python) = await StartAsync(kind, hosts, encrypted);
        var fields = kind == "json" ? InteropSamples.Plain : InteropSamples.WithBytes;
        await using var inbox = await layer.NewChannelAsync();
        var channel = await python.NewChannelAsync();
        await python.ListenAsync(channel);

        await layer.SendAsync(channel, new ChannelMessage("from.csharp", fields));
        var (_, received) = (await python.TakeAsync(1)).Single();
        Assert.That(received, Is.EqualTo(InteropSamples.Wire("from.csharp", fields)));

        await python.SendAsync(inbox.Name, InteropSamples.Wire("from.python", fields));
        var message = await NextAsync(inbox);
        Assert.That((message.Type, message.Fields), Is.EqualTo(("from.python", fields)));
    }

    [TestCase("core", 1, false)]
    [TestCase("core", 3, true)]
    [TestCase("json", 1, false)]
    [Proves("R-CORE-53")]
    public async Task One_group_of_both_languages_hears_each_message_once(string kind, int hosts, bool encrypted)
    {
        var (layer, python) = await StartAsync(kind, hosts, encrypted);
        await using var first = await OpenMemberAsync(layer);
        await using var second = await OpenMemberAsync(layer);
        var members = new[] { await python.OpenMemberAsync("room"), await python.OpenMemberAsync("room") };
        await layer.GroupAddAsync("room", "worker");

        foreach (var fromPython in new[] { false, true })
        {
            var fields = new MessageMap { ["from"] = fromPython ? "python" : "csharp", ["text"] = "grüße 😀" };
            await (fromPython ? python.GroupSendAsync("room", InteropSamples.Wire("chat.message", fields)) : layer.GroupSendAsync("room", new ChannelMessage("chat.message", fields)).AsTask());
            Assert.That((await NextAsync(first)).Fields, Is.EqualTo(fields));
            Assert.That((await NextAsync(second)).Fields, Is.EqualTo(fields));
            Assert.That((await layer.ReceiveAsync("worker", Patience())).Fields, Is.EqualTo(fields));
            var heard = await python.TakeAsync(2);
            Assert.That(heard.Select(item => item.Channel), Is.EquivalentTo(members));
            Assert.That(heard.Select(item => item.Message), Has.All.EqualTo(InteropSamples.Wire("chat.message", fields)));
        }

        Assert.That((first.Count, second.Count), Is.EqualTo((0, 0)), "once each");
    }

    [TestCase("core", 1)]
    [TestCase("json", 3)]
    public async Task Who_is_excepted_skips_a_group_message_whichever_side_sends_it(string kind, int hosts)
    {
        var (layer, python) = await StartAsync(kind, hosts, encrypted: false);
        await using var skips = await OpenMemberAsync(layer);
        await using var hears = await OpenMemberAsync(layer);
        var theirs = await python.OpenMemberAsync("room");
        await layer.GroupAddAsync("room", "worker");
        var except = new MessageValue[] { skips.Name, "worker" };

        await python.GroupSendAsync("room", InteropSamples.Wire("from.python", new() { ["n"] = 1, ["__channels_except__"] = except }));
        var message = await NextAsync(hears);
        Assert.That((message.Fields, message.Except), Is.EqualTo((new MessageMap { ["n"] = 1 }, new[] { skips.Name, "worker" })));
        await python.TakeAsync(1); // Python does not know the entry, so its own member hears it

        await layer.GroupSendAsync("room", new ChannelMessage("from.csharp", new() { ["n"] = 2 }) { Except = [skips.Name, "worker"] });
        Assert.That((await NextAsync(hears)).Fields, Is.EqualTo(new MessageMap { ["n"] = 2 }));
        Assert.That((await python.TakeAsync(1)).Single(), Is.EqualTo((theirs, InteropSamples.Wire("from.csharp", new() { ["n"] = 2, ["__channels_except__"] = except }))));

        await layer.GroupSendAsync("room", new ChannelMessage("from.csharp", new() { ["n"] = 3 }) { Except = [theirs] });
        await layer.GroupSendAsync("room", InteropSamples.Numbered(4));
        Assert.That((await python.TakeAsync(1)).Single().Message["n"].GetInt64(), Is.EqualTo(4), "dropped where it was sent: Python would not");
        Assert.That(await NumbersAsync(skips, 2), Is.EqualTo([3, 4]));
        Assert.That((await layer.ReceiveAsync("worker", Patience())).Fields["n"].GetInt64(), Is.EqualTo(3));
    }

    [Test]
    [Proves("R-CORE-51")]
    public async Task A_discard_on_either_side_is_honoured_by_the_other()
    {
        var (layer, python) = await StartAsync("core", 1, encrypted: false);
        await using var ours = await OpenMemberAsync(layer);
        var theirs = await python.OpenMemberAsync("room");
        await python.GroupDiscardAsync("room", ours.Name);
        await layer.GroupDiscardAsync("room", theirs);
        await layer.GroupSendAsync("room", InteropSamples.Numbered(1));
        await python.GroupSendAsync("room", InteropSamples.Wire("x", []));
        await layer.SendAsync(ours.Name, InteropSamples.Numbered(2));
        await layer.SendAsync(theirs, InteropSamples.Numbered(3));
        Assert.That((await NextAsync(ours)).Fields["n"].GetInt64(), Is.EqualTo(2));
        Assert.That((await python.TakeAsync(1)).Single().Message["n"].GetInt64(), Is.EqualTo(3));
    }

    [Test]
    [Proves("R-CORE-32", "R-CORE-33", "R-CORE-34", "R-CORE-35")]
    public async Task With_three_hosts_nothing_is_lost_in_either_direction()
    {
        const int count = 100;
        var (layer, python) = await StartAsync("core", 3, encrypted: false, capacity: 1000);
        await using var ours = await OpenMemberAsync(layer);
        var theirs = await python.OpenMemberAsync("room");
        for (var i = 0; i < count; i++)
        {
            await layer.SendAsync(theirs, InteropSamples.Numbered(i));
            await python.SendAsync(ours.Name, InteropSamples.Wire("x", new() { ["n"] = i }));
        }

        Assert.That(Numbers(await python.TakeAsync(count)), Is.EquivalentTo(Enumerable.Range(0, count)));
        Assert.That(await NumbersAsync(ours, count), Is.EquivalentTo(Enumerable.Range(0, count)));
        for (var i = 0; i < count; i++)
        {
            await layer.GroupSendAsync("room", InteropSamples.Numbered(i));
        }

        Assert.That(Numbers(await python.TakeAsync(count)), Is.EqualTo(Enumerable.Range(0, count)), "in order");
        Assert.That(await NumbersAsync(ours, count), Is.EqualTo(Enumerable.Range(0, count)));
    }

    [Test]
    [Proves("R-CORE-36")]
    public async Task Normal_channels_reach_a_reader_from_all_hosts()
    {
        var (layer, python) = await StartAsync("core", 3, encrypted: false);
        for (var i = 0; i < 9; i++)
        {
            await python.SendAsync("work", InteropSamples.Wire("x", new() { ["n"] = i }));
        }

        var received = new List<long>();
        for (var i = 0; i < 9; i++)
        {
            received.Add((await layer.ReceiveAsync("work", Patience())).Fields["n"].GetInt64());
        }

        Assert.That(received, Is.EquivalentTo(Enumerable.Range(0, 9)));
    }

    [Test]
    [Proves("R-NEW-04", "R-CORE-40")]
    public async Task Workers_of_both_languages_share_a_channel_and_each_message_goes_to_one()
    {
        const int count = 90;
        var (layer, python) = await StartAsync("core", 1, encrypted: false);
        await python.ListenAsync("jobs");
        var ours = new System.Collections.Concurrent.ConcurrentQueue<long>();
        using var over = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 3).Select(async _ =>
        {
            try
            {
                while (true)
                {
                    ours.Enqueue((await layer.ReceiveAsync("jobs", over.Token)).Fields["n"].GetInt64());
                }
            }
            catch (OperationCanceledException)
            {
                return; // the test is over
            }
        }).ToArray();
        for (var i = 0; i < count; i++)
        {
            await layer.SendAsync("jobs", InteropSamples.Numbered(i));
        }

        var theirs = new List<long>();
        await Support.Eventually.Is(async () =>
        {
            theirs.AddRange(Numbers(await python.TakeAsync(1, TimeSpan.FromMilliseconds(50))));
            return ours.Count + theirs.Count >= count;
        });
        await over.CancelAsync();
        await Task.WhenAll(readers);
        Assert.That(ours.Concat(theirs), Is.EquivalentTo(Enumerable.Range(0, count)));
    }

    [Test]
    [Proves("R-CORE-23")]
    public async Task A_thousand_messages_back_to_back_are_read_by_Python_in_order()
    {
        const int count = 1000;
        var (layer, python) = await StartAsync("core", 1, encrypted: false, capacity: count);
        var theirs = await python.NewChannelAsync();
        for (var i = 0; i < count; i++)
        {
            await layer.SendAsync(theirs, InteropSamples.Numbered(i));
        }

        await python.ListenAsync(theirs);
        Assert.That(Numbers(await python.TakeAsync(count)), Is.EqualTo(Enumerable.Range(0, count)));
    }

    [Test]
    [Proves("R-CORE-21")]
    public async Task Both_sides_count_the_same_capacity()
    {
        var (layer, python) = await StartAsync("core", 1, encrypted: false, capacity: 5);
        var theirs = await python.NewChannelAsync();
        for (var i = 0; i < 3; i++)
        {
            await layer.SendAsync(theirs, InteropSamples.Numbered(i));
        }

        await python.SendAsync(theirs, InteropSamples.Wire("x", []));
        await python.SendAsync(theirs, InteropSamples.Wire("x", []));
        Assert.That(async () => await layer.SendAsync(theirs, InteropSamples.Numbered(9)), Throws.InstanceOf<ChannelFullException>());
        Assert.That(async () => await python.SendAsync(theirs, InteropSamples.Wire("x", [])), Throws.InstanceOf<PythonException>().With.Message.StartsWith("ChannelFull"));
    }

    [Test]
    [Proves("R-ENC-03")]
    public async Task Keys_rotate_across_languages()
    {
        _servers.Add(await RedisServer.StartAsync());
        _python = await PythonPeer.StartAsync("core", _servers, ("keys", new JsonArray("new key", "old key")));
        var options = RedisOptions.For(_servers);
        options.SymmetricEncryptionKeys.Add("old key");
        options.SymmetricEncryptionKeys.Add("new key");
        _layer = new RedisCoreLayer(options: options);
        await using var inbox = await _layer.NewChannelAsync();
        var theirs = await _python.NewChannelAsync();
        await _python.ListenAsync(theirs);
        await _layer.SendAsync(theirs, InteropSamples.Numbered(1));
        Assert.That(Numbers(await _python.TakeAsync(1)), Is.EqualTo([1L]));
        await _python.SendAsync(inbox.Name, InteropSamples.Wire("x", new() { ["n"] = 2 }));
        Assert.That((await NextAsync(inbox)).Fields["n"].GetInt64(), Is.EqualTo(2));
    }

    private async Task<(RedisCoreLayer Layer, PythonPeer Python)> StartAsync(string kind, int hosts, bool encrypted, int capacity = 100)
    {
        for (var i = 0; i < hosts; i++)
        {
            _servers.Add(await RedisServer.StartAsync());
        }

        _python = await PythonPeer.StartAsync(kind, _servers, ("capacity", capacity), ("keys", encrypted ? new JsonArray("clé secrète 🔑") : null));
        var options = RedisOptions.For(_servers);
        options.Capacity = capacity;
        options.SerializerFormat = kind == "json" ? "json" : "msgpack";
        if (encrypted)
        {
            options.SymmetricEncryptionKeys.Add("clé secrète 🔑");
        }

        _layer = new RedisCoreLayer(options: options);
        return (_layer, _python);
    }

    private static async Task<ChannelInbox> OpenMemberAsync(RedisCoreLayer layer)
    {
        var inbox = await layer.NewChannelAsync();
        await layer.GroupAddAsync("room", inbox.Name);
        return inbox;
    }

    private static CancellationToken Patience() => new CancellationTokenSource(Eventually.Patience).Token;

    private static async Task<ChannelMessage> NextAsync(ChannelInbox inbox) => await inbox.ReceiveAsync(Patience());

    private static IEnumerable<long> Numbers(IEnumerable<(string Channel, MessageMap Message)> taken) => taken.Select(item => item.Message["n"].GetInt64());

    private static async Task<List<long>> NumbersAsync(ChannelInbox inbox, int count)
    {
        var numbers = new List<long>();
        while (numbers.Count < count)
        {
            numbers.Add((await NextAsync(inbox)).Fields["n"].GetInt64());
        }

        return numbers;
    }
}
