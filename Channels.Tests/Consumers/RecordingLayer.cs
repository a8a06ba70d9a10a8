namespace Channels.Tests.Consumers;

/// <summary>A layer that only remembers what consumers ask of it, and fails where the test wants it to.</summary>
internal sealed class RecordingLayer : IChannelLayer
{
    private readonly LocalDelivery _delivery;
    private int _closed;

    public RecordingLayer() => _delivery = new(new() { OnClose = Close });

    public string Alias => "default";

    public ChannelLayerFeatures Features { get; init; } = ChannelLayerFeatures.Groups;

    public List<ChannelInbox> Opened { get; } = [];

    public int Closed => _closed;

    public Journal Journal { get; } = new();

    /// <summary>Delivers a message, as the layer would.</summary>
    public InboxPostResult Post(ChannelInbox inbox, ChannelMessage message) => _delivery.Send(inbox.Name, message);

    /// <summary>Operations that fail, for example <c>open</c> or <c>add b</c>.</summary>
    public HashSet<string> Failing { get; } = [];

    /// <summary>What they fail with; null for an exception that is nobody's in particular.</summary>
    public Exception? Failure { get; set; }

    public ValueTask SendAsync(string channel, ChannelMessage message, CancellationToken cancellationToken = default) => Do($"send {channel}");

    public ValueTask<ChannelMessage> ReceiveAsync(string channel, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public async ValueTask<ChannelInbox> NewChannelAsync(string prefix = "specific", CancellationToken cancellationToken = default)
    {
        await Do("open");
        Opened.Add(_delivery.TryOpen($"{prefix}!{Opened.Count}", 100)!); // the name is free
        return Opened[^1];
    }

    public ValueTask GroupAddAsync(string group, string channel, CancellationToken cancellationToken = default) => Do($"add {group}");

    public ValueTask GroupDiscardAsync(string group, string channel, CancellationToken cancellationToken = default) => Do($"discard {group}");

    public ValueTask GroupSendAsync(string group, ChannelMessage message, CancellationToken cancellationToken = default) => Do($"group send {group}");

    public ValueTask FlushAsync(CancellationToken cancellationToken = default) => Do("flush");

    private ValueTask Do(string operation)
    {
        Journal.Add(operation);
        return Failing.Contains(operation) ? throw Failure ?? new IOException($"{operation} failed") : default;
    }

    private ValueTask Close(ChannelInbox inbox)
    {
        Interlocked.Increment(ref _closed);
        _delivery.Close(inbox.Name);
        return Do("close");
    }
}
