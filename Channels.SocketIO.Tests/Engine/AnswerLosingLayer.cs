namespace Channels.Tests.Engine;

/// <summary>A layer of several processes, in one, that loses answers to requests when it is told to.</summary>
internal sealed class AnswerLosingLayer : IChannelLayer
{
    private readonly InMemoryChannelLayer _layer = new();
    private int _toLose;
    private int _lost;

    /// <summary>How many answers were lost.</summary>
    public int Lost => Volatile.Read(ref _lost);

    public string Alias => _layer.Alias;

    public ChannelLayerFeatures Features => _layer.Features | ChannelLayerFeatures.Distributed;

    /// <summary>Loses the next answers.</summary>
    public void Lose(int answers) => Volatile.Write(ref _toLose, answers);

    public ValueTask SendAsync(string channel, ChannelMessage message, CancellationToken cancellationToken = default)
    {
        if (message.Type == "channels.reply" && message.Fields.ContainsKey("answer") && Interlocked.Decrement(ref _toLose) >= 0)
        {
            Interlocked.Increment(ref _lost);
            return ValueTask.CompletedTask;
        }

        return _layer.SendAsync(channel, message, cancellationToken);
    }

    public ValueTask<ChannelMessage> ReceiveAsync(string channel, CancellationToken cancellationToken = default) => _layer.ReceiveAsync(channel, cancellationToken);

    public ValueTask<ChannelInbox> NewChannelAsync(string prefix = "specific", CancellationToken cancellationToken = default) => _layer.NewChannelAsync(prefix, cancellationToken);

    public ValueTask GroupAddAsync(string group, string channel, CancellationToken cancellationToken = default) => _layer.GroupAddAsync(group, channel, cancellationToken);

    public ValueTask GroupDiscardAsync(string group, string channel, CancellationToken cancellationToken = default) => _layer.GroupDiscardAsync(group, channel, cancellationToken);

    public ValueTask GroupSendAsync(string group, ChannelMessage message, CancellationToken cancellationToken = default) => _layer.GroupSendAsync(group, message, cancellationToken);

    public ValueTask FlushAsync(CancellationToken cancellationToken = default) => _layer.FlushAsync(cancellationToken);
}
