namespace Channels.Tests.Consumers;

/// <summary>A layer that only remembers what consumers ask of it, and fails where the test wants it to.</summary>
internal sealed class RecordingLayer : IChannelLayer
{
    private readonly ChannelInboxOptions _options;
    private int _closed;

    public RecordingLayer() => _options = new() { OnClose = Close };

    public string Alias => "default";

    public ChannelLayerFeatures Features { get; init; } = ChannelLayerFeatures.Groups;

    public List<ChannelInbox> Opened { get; } = [];

    public int Closed => _closed;

    public Journal Journal { get; } = new();

    /// <summary>Operations that fail, for example <c>open</c> or <c>add b</c>.</summary>
    public HashSet<string> Failing { get; } = [];

    public ValueTask SendAsync(string channel, ChannelMessage message, CancellationToken cancellationToken = default) => Do($"send {channel}");

    public ValueTask<ChannelMessage> ReceiveAsync(string channel, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public async ValueTask<ChannelInbox> OpenChannelAsync(string prefix = "specific", CancellationToken cancellationToken = default)
    {
        await Do("open");
        Opened.Add(new ChannelInbox($"{prefix}!{Opened.Count}", _options));
        return Opened[^1];
    }

    public ValueTask GroupAddAsync(string group, string channel, CancellationToken cancellationToken = default) => Do($"add {group}");

    public ValueTask GroupDiscardAsync(string group, string channel, CancellationToken cancellationToken = default) => Do($"discard {group}");

    public ValueTask GroupSendAsync(string group, ChannelMessage message, CancellationToken cancellationToken = default) => Do($"group send {group}");

    public ValueTask FlushAsync(CancellationToken cancellationToken = default) => Do("flush");

    private ValueTask Do(string operation)
    {
        Journal.Add(operation);
        return Failing.Contains(operation) ? throw new IOException($"{operation} failed") : default;
    }

    private ValueTask Close(ChannelInbox inbox)
    {
        Interlocked.Increment(ref _closed);
        return Do("close");
    }
}
