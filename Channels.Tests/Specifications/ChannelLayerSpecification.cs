using Channels.Tests.Support;

namespace Channels.Tests.Specifications;

/// <summary>
/// The contract of channel layers, proven on every layer by deriving from this fixture with <see cref="LayerFixtureAttribute"/>. Nothing here depends on how long
/// a transport takes: what must arrive is waited for, and what must not is proven by a sentinel that comes instead.
/// </summary>
public abstract partial class ChannelLayerSpecification
{
    private readonly List<IChannelLayer> _layers = [];
    private readonly List<ChannelInbox> _inboxes = [];

    /// <summary>How many messages the volume tests send.</summary>
    protected virtual int Volume => 1_000_000;

    /// <summary>How many interleavings the race tests try.</summary>
    protected virtual int Interleavings => 10_000;

    /// <summary>Makes a fresh, empty layer that nothing else uses.</summary>
    protected abstract ValueTask<IChannelLayer> CreateLayerAsync(LayerSetup setup);

    /// <summary>A second layer of the same fleet, as another process has it; the same one for a layer of one process.</summary>
    protected virtual ValueTask<IChannelLayer> CreatePeerAsync(IChannelLayer layer, LayerSetup setup) => ValueTask.FromResult(layer);

    [TearDown]
    public async Task DisposeLayersAsync()
    {
        foreach (var inbox in _inboxes)
        {
            await inbox.DisposeAsync();
        }

        foreach (var layer in _layers.OfType<IAsyncDisposable>())
        {
            await layer.DisposeAsync();
        }
    }

    protected async ValueTask<IChannelLayer> MakeAsync(LayerSetup? setup = null)
    {
        var layer = await CreateLayerAsync(setup ?? new());
        _layers.Add(layer);
        return layer;
    }

    protected async ValueTask<IChannelLayer> MakePeerAsync(IChannelLayer layer, LayerSetup? setup = null)
    {
        var peer = await CreatePeerAsync(layer, setup ?? new());
        if (!ReferenceEquals(peer, layer))
        {
            _layers.Add(peer);
        }

        return peer;
    }

    protected async ValueTask<ChannelInbox> OpenAsync(IChannelLayer layer)
    {
        var inbox = await layer.NewChannelAsync();
        _inboxes.Add(inbox);
        return inbox;
    }

    protected async ValueTask<ChannelInbox> OpenMemberAsync(IChannelLayer layer, string group)
    {
        var inbox = await OpenAsync(layer);
        await layer.GroupAddAsync(group, inbox.Name);
        return inbox;
    }

    /// <summary>A message that carries a number, to be told apart by.</summary>
    protected static ChannelMessage Numbered(long number) => new("test.numbered", new() { ["n"] = number });

    protected static long NumberOf(ChannelMessage message) => message.Fields["n"].GetInt64();

    protected static async Task<ChannelMessage> NextAsync(ChannelInbox inbox)
    {
        using var patience = new CancellationTokenSource(Eventually.Patience);
        return await inbox.ReceiveAsync(patience.Token);
    }

    protected static async Task<ChannelMessage> NextAsync(IChannelLayer layer, string channel)
    {
        using var patience = new CancellationTokenSource(Eventually.Patience);
        return await layer.ReceiveAsync(channel, patience.Token);
    }

    /// <summary>Proves that nothing waits in the inbox: the next thing to come is what is sent now.</summary>
    protected static async Task AssertNothingAsync(IChannelLayer layer, ChannelInbox inbox)
    {
        var sentinel = Numbered(-Random.Shared.NextInt64(1, long.MaxValue));
        await layer.SendAsync(inbox.Name, sentinel);
        Assert.That(await NextAsync(inbox), Is.EqualTo(sentinel), "something arrived that should not have");
    }

    /// <summary>Proves that nothing waits in the channel: the next thing to come is what is sent now.</summary>
    protected static async Task AssertNothingAsync(IChannelLayer layer, string channel)
    {
        var sentinel = Numbered(-Random.Shared.NextInt64(1, long.MaxValue));
        await layer.SendAsync(channel, sentinel);
        Assert.That(await NextAsync(layer, channel), Is.EqualTo(sentinel), "something arrived that should not have");
    }
}
