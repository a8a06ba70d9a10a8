using System.Diagnostics;

namespace Channels.Benchmarks;

/// <summary>One sender with what it sends to: a channel, or a group of channels, of the same process.</summary>
internal sealed class SendLane : IAsyncDisposable
{
    private const int Window = 32; // sent and not yet arrived
    private const int PayloadBytes = 128;

    private readonly IChannelLayer _layer;
    private readonly uint _number;
    private readonly Action _onSent;
    private readonly string? _group;
    private readonly List<LaneReceiver> _receivers = [];
    private readonly SemaphoreSlim _room = new(Window);
    private uint _next;

    private SendLane(IChannelLayer layer, uint number, string? group, Action onSent) =>
        (_layer, _number, _group, _onSent) = (layer, number, group, onSent);

    /// <summary>Order, loss and duplication at each receiver.</summary>
    internal IEnumerable<SequenceCheck> Checks => _receivers.Select(static receiver => receiver.Check);

    /// <summary>Messages that have not arrived, or never will; known once the sender has stopped.</summary>
    internal long Lost => Checks.Sum(check => check.Lost(_next));

    /// <param name="layer">The layer.</param>
    /// <param name="number">Tells this sender from the others.</param>
    /// <param name="members">Members of the sender's group; 0: it sends to a channel.</param>
    /// <param name="onSent">Called when the layer has taken a message.</param>
    /// <param name="onArrival">Called with the age of each message that arrives, in stopwatch ticks.</param>
    internal static async Task<SendLane> OpenAsync(IChannelLayer layer, uint number, int members, Action onSent, Action<long> onArrival)
    {
        var lane = new SendLane(layer, number, members == 0 ? null : $"bench-{Guid.NewGuid():N}", onSent);
        for (var i = 0; i < Math.Max(1, members); i++)
        {
            var inbox = await layer.NewChannelAsync();
            if (lane._group is not null) await layer.GroupAddAsync(lane._group, inbox.Name);

            // The first member speaks for the group: its message makes room for the next.
            lane._receivers.Add(new LaneReceiver(inbox, number, i > 0 ? onArrival : age =>
            {
                onArrival(age);
                lane._room.Release();
            }));
        }

        return lane;
    }

    /// <summary>Sends one message after another until told to stop.</summary>
    internal async Task SendAsync(CancellationToken stop)
    {
        while (await HasRoomAsync(stop))
        {
            var payload = new byte[PayloadBytes];
            new Stamp(_number, _next, Stopwatch.GetTimestamp()).Write(payload);
            var message = new ChannelMessage("bench.message", new MessageMap { ["bytes"] = payload });
            await (_group is null
                ? _layer.SendAsync(_receivers[0].Channel, message, CancellationToken.None)
                : _layer.GroupSendAsync(_group, message, CancellationToken.None));
            _next++;
            _onSent();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var receiver in _receivers) await receiver.CloseAsync();
        _room.Dispose();
    }

    private async Task<bool> HasRoomAsync(CancellationToken stop)
    {
        try
        {
            await _room.WaitAsync(stop);
            return true;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return false; // told to stop
        }
    }
}
