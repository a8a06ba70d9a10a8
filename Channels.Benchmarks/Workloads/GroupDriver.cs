using System.Diagnostics;
using System.Globalization;

namespace Channels.Benchmarks;

/// <summary>Runs one <see cref="GroupWorkload"/> against one server.</summary>
internal sealed class GroupDriver : IClientObserver, IDisposable
{
    private static readonly TimeSpan JoinPatience = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DrainPatience = TimeSpan.FromSeconds(12);

    private readonly GroupWorkload _workload;
    private readonly Cell _cell;
    private readonly LoadLoop _loop = new();
    private readonly GroupState[] _groups;
    private readonly List<GroupState> _sendNext = [];
    private readonly Meter _meter;
    private string? _failure;
    private bool _running;
    private bool _sending;
    private bool _broadcastEnded;
    private long _deliveries;
    private long _lastDelivery;
    private int _broken;

    internal GroupDriver(GroupWorkload workload, Cell cell)
    {
        _workload = workload;
        _cell = cell;
        _meter = new Meter(cell);
        _groups = new GroupState[workload.Groups];
        for (var i = 0; i < _groups.Length; i++)
        {
            var group = i;
            var dialect = cell.Dialect.For(string.Create(CultureInfo.InvariantCulture, $"{cell.RunId}-{i:D4}"));
            var members = new WebSocketClient[workload.Members];
            for (var m = 0; m < members.Length; m++) members[m] = new WebSocketClient(dialect, this) { Group = group };
            _groups[i] = new GroupState((uint)i, new ClientFrame(dialect, workload.PayloadBytes), members);
        }
    }

    internal CellResult Run()
    {
        new ClientFleet(_loop, _cell).OpenAll([.. _groups.SelectMany(static group => group.Members)], () => _failure);
        Join();
        foreach (var group in _groups) group.Start(_workload.Window);
        _running = _sending = true;
        foreach (var group in _groups) Fill(group);

        RunFor(_cell.Timing.WarmUp);
        _meter.Start();
        RunFor(_cell.Timing.Measure);
        _meter.Stop();
        var allocated = _cell.Allocations?.Measure(() => _deliveries, () => RunFor(TimeSpan.FromMilliseconds(20)), _cell.Timing.Allocations);
        _sending = false;
        Drain();

        var checks = _groups.SelectMany(static group => group.Members).Select(static member => member.Check).ToArray();
        return _meter.Result(_workload.Name, _cell.Contestant, _cell.Round) with
        {
            AllocatedBytesPerDelivery = allocated,
            Lost = _groups.Sum(static group => group.Members.Sum(member => member.Check.Lost(group.Window!.Next))),
            Duplicated = checks.Sum(static check => check.Duplicated),
            Reordered = checks.Sum(static check => check.Reordered),
            Misrouted = checks.Sum(static check => check.Misrouted),
            Broken = _broken,
        };
    }

    public void OnOpen(WebSocketClient client)
    {
    }

    public void OnDelivery(WebSocketClient client, in Stamp stamp, long now)
    {
        _lastDelivery = now;
        var group = _groups[client.Group];
        if (!_running)
        {
            if (stamp.Source == group.Number) group.HearProbe(client, stamp.Sequence);
            return;
        }

        client.Check.See(stamp.Source, group.Number, stamp.Sequence);
        _deliveries++;
        if (_meter.IsRunning)
        {
            _meter.Count++;
            _meter.Latencies.Add(now - stamp.Ticks);
        }

        if (!group.Window!.Delivered(stamp.Sequence)) return;
        _broadcastEnded = true;
        if (_workload.Window == 1) Fill(group);
        else if (!group.NeedsSend)
        {
            group.NeedsSend = true;
            _sendNext.Add(group);
        }
    }

    public void OnEnded(WebSocketClient client, string reason, bool expected)
    {
        _broken++;
        _failure ??= reason;
    }

    public void Dispose() => _loop.Dispose();

    /// <summary>Publishes probes until every member of every group has received the same one.</summary>
    private void Join()
    {
        var started = Stopwatch.GetTimestamp();
        foreach (var group in _groups) Probe(group);
        while (true)
        {
            _loop.RunOnce(20);
            if (_failure is not null) throw new CellFailedException(_failure);
            if (_groups.All(static group => group.HasJoined)) return;
            if (Stopwatch.GetElapsedTime(started) > JoinPatience)
                throw new CellFailedException($"{_groups.Sum(static group => group.Unheard)} members hear nothing of their group");
            if (Stopwatch.GetElapsedTime(_lastDelivery) < Quiet) continue;
            foreach (var group in _groups)
            {
                if (!group.HasJoined) Probe(group);
            }
        }
    }

    private void Probe(GroupState group)
    {
        _lastDelivery = Stopwatch.GetTimestamp();
        group.Publisher.Send(group.Frame.With(new Stamp(group.Number, group.StartProbe(), _lastDelivery)));
    }

    private void Fill(GroupState group)
    {
        if (!_sending) return;
        while (group.Window!.HasRoom)
            group.Publisher.Send(group.Frame.With(new Stamp(group.Number, group.Window.Send(), Stopwatch.GetTimestamp())));
    }

    // A slow server delivers only a few broadcasts in the time given; the window then ends with a whole one.
    private void RunFor(TimeSpan duration)
    {
        var started = Stopwatch.GetTimestamp();
        var wholeBroadcasts = _workload.Groups == 1 && _workload.Window == 1;
        while (true)
        {
            _broadcastEnded = false;
            _loop.RunOnce(50);
            foreach (var group in _sendNext)
            {
                group.NeedsSend = false;
                Fill(group);
            }

            _sendNext.Clear();
            if (_meter.IsOver(started, duration) && (!wholeBroadcasts || _broadcastEnded || Stopwatch.GetElapsedTime(started) > duration + DrainPatience)) return;
            if (_failure is not null) throw new CellFailedException(_failure);
        }
    }

    private void Drain()
    {
        var started = Stopwatch.GetTimestamp();
        _lastDelivery = started;
        while (_groups.Any(static group => !group.Window!.IsEmpty))
        {
            _loop.RunOnce(20);
            if (Stopwatch.GetElapsedTime(_lastDelivery) > Silence || Stopwatch.GetElapsedTime(started) > DrainPatience) return;
        }

        // What comes now is a duplicate.
        _loop.RunOnce(5);
    }
}
