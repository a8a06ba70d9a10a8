using Channels.Tests.Support;

namespace Channels.Tests.Engine;

/// <summary>A layer of several processes, in one, that loses answers to requests when it is told to.</summary>
internal sealed class AnswerLosingLayer() : LayerAround(new InMemoryChannelLayer())
{
    private readonly TaskCompletionSource _pollsGo = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _toLose;
    private int _lost;
    private int _answers;
    private volatile bool _holdsPolls;
    private volatile bool _hasHeld;

    /// <summary>How many answers were lost.</summary>
    public int Lost => Volatile.Read(ref _lost);

    /// <summary>How many answers there were, lost ones too.</summary>
    public int Answers => Volatile.Read(ref _answers);

    public override ChannelLayerFeatures Features => base.Features | ChannelLayerFeatures.Distributed;

    /// <summary>Loses the next answers.</summary>
    public void Lose(int answers) => Volatile.Write(ref _toLose, answers);

    /// <summary>Keeps GETs for sessions of other processes on their way.</summary>
    public void HoldPolls() => _holdsPolls = true;

    /// <summary>Whether one was kept.</summary>
    public bool HasHeld => _hasHeld;

    /// <summary>Lets them arrive.</summary>
    public void LetPollsGo() => _pollsGo.SetResult();

    public override async ValueTask SendAsync(string channel, ChannelMessage message, CancellationToken cancellationToken = default)
    {
        if (message.Type == "channels.reply" && message.Fields.ContainsKey("answer"))
        {
            Interlocked.Increment(ref _answers);
            if (Interlocked.Decrement(ref _toLose) >= 0)
            {
                Interlocked.Increment(ref _lost);
                return;
            }
        }

        if (_holdsPolls && message.Type == "engineio.poll")
        {
            _hasHeld = true;
            await _pollsGo.Task;
        }

        await base.SendAsync(channel, message, cancellationToken);
    }
}
