using Channels.Layers.Redis;
using Channels.Tests.Layers.Redis;
using Channels.Tests.Support;

namespace Channels.Tests.Interop;

/// <summary>The pub/sub layout between C# and a real Python process (whose distributed release, 4.0, ignores keys there: R-ENC-09).</summary>
public sealed class PubSubInteropTests
{
    private readonly List<RedisServer> _servers = [];
    private PythonPeer? _python;
    private RedisPubSubLayer? _layer;

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

    [TestCase(1, "asgi")]
    [TestCase(3, "asgi")]
    [TestCase(1, "my:app:")]
    [Proves("R-PUB-01", "R-PUB-08")]
    public async Task Groups_and_direct_messages_pass_both_ways(int hosts, string prefix)
    {
        var (layer, python) = await StartAsync(hosts, prefix);
        await using var ours = await layer.NewChannelAsync();
        await layer.GroupAddAsync("room", ours.Name);
        var theirs = await python.OpenMemberAsync("room");
        await AssertHeardAsync(layer, python, theirs);

        await layer.GroupSendAsync("room", new ChannelMessage("from.csharp", InteropSamples.WithBytes));
        Assert.That((await NextAsync(ours)).Fields, Is.EqualTo(InteropSamples.WithBytes));
        Assert.That((await python.TakeAsync(1)).Single().Message, Is.EqualTo(InteropSamples.Wire("from.csharp", InteropSamples.WithBytes)));

        await python.GroupSendAsync("room", InteropSamples.Wire("from.python", InteropSamples.WithBytes));
        var message = await NextAsync(ours);
        Assert.That((message.Type, message.Fields), Is.EqualTo(("from.python", InteropSamples.WithBytes)));
        await python.TakeAsync(1);

        await python.SendAsync(ours.Name, InteropSamples.Wire("direct", InteropSamples.WithBytes));
        Assert.That((await NextAsync(ours)).Type, Is.EqualTo("direct"));
        await layer.SendAsync(theirs, new ChannelMessage("direct", InteropSamples.WithBytes));
        Assert.That((await python.TakeAsync(1)).Single().Message["type"].GetText(), Is.EqualTo("direct"));
    }

    [Test]
    public async Task Who_is_excepted_skips_a_group_message_whichever_side_sends_it()
    {
        var (layer, python) = await StartAsync(1, "asgi");
        await using var skips = await layer.NewChannelAsync();
        await using var hears = await layer.NewChannelAsync();
        await layer.GroupAddAsync("room", skips.Name);
        await layer.GroupAddAsync("room", hears.Name);
        var theirs = await python.OpenMemberAsync("room");
        await AssertHeardAsync(layer, python, theirs);
        var except = new MessageValue[] { skips.Name };

        await python.GroupSendAsync("room", InteropSamples.Wire("from.python", new() { ["n"] = 1, ["__channels_except__"] = except }));
        Assert.That((await NextAsync(hears)).Fields, Is.EqualTo(new MessageMap { ["n"] = 1 }));
        await python.TakeAsync(1);

        await layer.GroupSendAsync("room", new ChannelMessage("from.csharp", new() { ["n"] = 2 }) { Except = [skips.Name] });
        Assert.That((await NextAsync(hears)).Fields, Is.EqualTo(new MessageMap { ["n"] = 2 }));
        Assert.That((await python.TakeAsync(1)).Single().Message, Is.EqualTo(InteropSamples.Wire("from.csharp", new() { ["n"] = 2, ["__channels_except__"] = except })));
        await layer.GroupSendAsync("room", InteropSamples.Numbered(3));
        Assert.That((await NextAsync(skips)).Fields["n"].GetInt64(), Is.EqualTo(3));
    }

    [Test]
    [Proves("R-PUB-02", "R-PUB-13")]
    public async Task Channels_named_by_the_application_are_heard_by_every_listener()
    {
        var (layer, python) = await StartAsync(1, "asgi");
        await python.ListenAsync("thumbnails");
        await AssertHeardAsync(layer, python, "thumbnails");
        var waiting = layer.ReceiveAsync("thumbnails").AsTask();
        await Support.Eventually.Is(async () =>
        {
            await python.SendAsync("thumbnails", InteropSamples.Wire("job", []));
            return waiting.IsCompleted;
        });
        Assert.That((await waiting).Type, Is.EqualTo("job"));
        Assert.That(await python.TakeAsync(1), Is.Not.Empty);
    }

    // A Python subscriber is not confirmed when its call returns (R-PUB-12): send until something is heard.
    private static async Task AssertHeardAsync(RedisPubSubLayer layer, PythonPeer python, string channel)
    {
        await Support.Eventually.Is(async () =>
        {
            await layer.SendAsync(channel, new ChannelMessage("probe"));
            return (await python.TakeAsync(1, TimeSpan.FromMilliseconds(100))).Count > 0;
        });

        // Those that are still on their way come before the last one.
        await layer.SendAsync(channel, new ChannelMessage("probe.last"));
        while ((await python.TakeAsync(1))[^1].Message["type"].GetText() != "probe.last")
        {
        }
    }

    private async Task<(RedisPubSubLayer Layer, PythonPeer Python)> StartAsync(int hosts, string prefix)
    {
        for (var i = 0; i < hosts; i++)
        {
            _servers.Add(await RedisServer.StartAsync());
        }

        _python = await PythonPeer.StartAsync("pubsub", _servers, ("prefix", prefix));
        var options = RedisOptions.For(_servers);
        options.Prefix = prefix;
        _layer = new RedisPubSubLayer(options: options);
        return (_layer, _python);
    }

    private static async Task<ChannelMessage> NextAsync(ChannelInbox inbox)
    {
        using var patience = new CancellationTokenSource(Eventually.Patience);
        return await inbox.ReceiveAsync(patience.Token);
    }
}
