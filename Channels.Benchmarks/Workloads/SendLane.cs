using System.Diagnostics;

namespace Channels.Benchmarks;

/// <summary>One sender with what it sends to: a channel, or a group of channels, of the same process. Everything is checked on arrival.</summary>
internal sealed class SendLane : IAsyncDisposable
{
    private const int Window = 32; // sent and not yet arrived
    private const int PayloadBytes = 128;

    private readonly IChannelLayer _layer;
    private readonly uint _number;
    private readonly Action _onSent;
    private readonly Action<long> _onArrival;
    private readonly List<ChannelInbox> _inboxes = [];
    private readonly List<SequenceCheck> _checks = [];
    private readonly SemaphoreSlim _room = new(Window);
    private readonly CancellationTokenSource _closing = new();
    private string? _group;
    private Task _receiving = Task.CompletedTask;
    private uint _next;

    private SendLane(IChannelLayer layer, uint number, Action onSent, Action<long> onArrival) =>
        (_layer, _number, _onSent, _onArrival) = (layer, number, onSent, onArrival);

    /// <summary>Order, loss and duplication at each receiver.</summary>
    internal IReadOnlyList<SequenceCheck> Checks => _checks;

    /// <summary>Messages that have not arrived, or never will.</summary>
    internal long Lost => _checks.Sum(check => check.Lost(_next));

    /// <param name="layer">The layer.</param>
    /// <param name="number">Tells this sender from the others.</param>
    /// <param name="members">Members of the sender's group; 0: it sends to a channel.</param>
    /// <param name="onSent">Called when the layer has taken a message.</param>
    /// <param name="onArrival">Called with the age of each message that arrives, in stopwatch ticks.</param>
    internal static async Task<SendLane> OpenAsync(IChannelLayer layer, uint number, int members, Action onSent, Action<long> onArrival)
    {
        var lane = new SendLane(layer, number, onSent, onArrival);
        if (members > 0) lane._group = $"bench-{Guid.NewGuid():N}";
        for (var i = 0; i < Math.Max(1, members); i++)
        {
            var inbox = await layer.OpenChannelAsync();
            lane._inboxes.Add(inbox);
            lane._checks.Add(new SequenceCheck());
            if (lane._group is not null) await layer.GroupAddAsync(lane._group, inbox.Name);
        }

        lane._receiving = Task.WhenAll(lane._inboxes.Select((_, index) => Task.Run(() => lane.ReceiveAsync(index))));
        return lane;
    }

    /// <summary>Sends one message after another until told to stop.</summary>
    internal async Task SendAsync(CancellationToken stop)
    {
        var payload = new byte[PayloadBytes];
        while (await HasRoomAsync(stop))
        {
            new Stamp(_number, _next, Stopwatch.GetTimestamp()).Write(payload);
            var message = new ChannelMessage("bench.message", new MessageMap { ["bytes"] = payload.ToArray() });
            await (_group is null ? _layer.SendAsync(_inboxes[0].Name, message, CancellationToken.None) : _layer.GroupSendAsync(_group, message, CancellationToken.None));
            _next++;
            _onSent();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _receiving;
        foreach (var inbox in _inboxes) await inbox.DisposeAsync();
        _closing.Dispose();
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

    private async Task ReceiveAsync(int index)
    {
        try
        {
            while (true)
            {
                var message = await _inboxes[index].ReceiveAsync(_closing.Token);
                if (Stamp.TryRead(message.Fields["bytes"].GetBytes().Span, out var stamp)) See(index, stamp);
            }
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            return; // the lane is closed
        }
    }

    private void See(int index, Stamp stamp)
    {
        _checks[index].See(stamp.Source, _number, stamp.Sequence);
        _onArrival(Stopwatch.GetTimestamp() - stamp.Ticks);
        if (index == 0) _room.Release(); // the first member speaks for the group
    }
}
