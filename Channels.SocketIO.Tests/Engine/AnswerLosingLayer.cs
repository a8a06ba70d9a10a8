using Channels.Tests.Support;

namespace Channels.Tests.Engine;

/// <summary>A layer of several processes, in one, that loses answers to requests when it is told to.</summary>
internal sealed class AnswerLosingLayer() : LayerAround(new InMemoryChannelLayer())
{
    private int _toLose;
    private int _lost;

    /// <summary>How many answers were lost.</summary>
    public int Lost => Volatile.Read(ref _lost);

    public override ChannelLayerFeatures Features => base.Features | ChannelLayerFeatures.Distributed;

    /// <summary>Loses the next answers.</summary>
    public void Lose(int answers) => Volatile.Write(ref _toLose, answers);

    public override ValueTask SendAsync(string channel, ChannelMessage message, CancellationToken cancellationToken = default)
    {
        if (message.Type == "channels.reply" && message.Fields.ContainsKey("answer") && Interlocked.Decrement(ref _toLose) >= 0)
        {
            Interlocked.Increment(ref _lost);
            return ValueTask.CompletedTask;
        }

        return base.SendAsync(channel, message, cancellationToken);
    }
}
