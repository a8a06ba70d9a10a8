using System.Diagnostics;
using System.Globalization;

namespace Channels.Benchmarks;

/// <summary>Runs one <see cref="GroupWorkload"/> against one server.</summary>
internal sealed class GroupDriver : IClientObserver, IDisposable
{
    private static readonly TimeSpan JoinPatience = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan DrainPatience = TimeSpan.FromSeconds(60);

    private const int SlotsAtRate = 4096; // a server that falls further behind is not sent more

    private readonly GroupWorkload _workload;
    private readonly Cell _cell;
    private readonly LoadLoop _loop = new();
    private readonly GroupState[] _groups;
    private readonly Publisher[] _publishers;
    private readonly List<Publisher> _sendNext = [];
    private readonly Meter _meter;
    private Refill _refill;
    private Pace? _pace;
    private int _turn;
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
        _refill = workload.Refill == Refill.AtRate ? Refill.InBatches : workload.Refill; // the rate must be found first
        _groups = [.. Enumerable.Range(0, workload.Groups).Select(Make)];
        _publishers = [.. _groups.SelectMany(static group => group.Publishers)];
    }

    internal CellResult Run()
    {
        new ClientFleet(_loop, _cell).OpenAll([.. _groups.SelectMany(static group => group.Members)], () => _failure);
        Join();
        foreach (var group in _groups) group.Start(_workload.Refill == Refill.AtRate ? SlotsAtRate : _workload.Window);
        _running = _sending = true;
        foreach (var publisher in _publishers) Send(publisher);

        WarmUp();
        _meter.Start();
        RunFor(_cell.Timing.Measure);
        _meter.Stop();
        var allocated = _cell.Allocations?.Measure(() => _deliveries, () => RunFor(TimeSpan.FromMilliseconds(20)), _cell.Timing.Allocations);
        _sending = false;
        Drain();

        var checks = _groups.SelectMany(static group => group.Members).SelectMany(static member => member.Checks).ToArray();
        return _meter.Result(_workload.Name, _cell.Contestant, _cell.Round) with
        {
            AllocatedBytesPerDelivery = allocated,
            Lost = _groups.Sum(static group => group.Lost),
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
            group.HearProbe(client, stamp);
            return;
        }

        var publisher = group.See(client, stamp);
        _deliveries++;
        if (_meter.IsRunning)
        {
            _meter.Count++;
            _meter.Latencies.Add(now - stamp.Ticks);
        }

        if (publisher?.Window!.Delivered(stamp.Sequence) != true) return;
        _broadcastEnded = true;
        if (_workload.Window == 1 || _refill == Refill.OneByOne) Send(publisher);
        else if (!publisher.NeedsSend)
        {
            publisher.NeedsSend = true;
            _sendNext.Add(publisher);
        }
    }

    public void OnEnded(WebSocketClient client, string reason, bool expected)
    {
        _broken++;
        _failure ??= reason;
    }

    public void Dispose() => _loop.Dispose();

    private GroupState Make(int number)
    {
        var dialect = _cell.Dialect.For(string.Create(CultureInfo.InvariantCulture, $"{_cell.RunId}-{number:D4}"));
        var members = Enumerable.Range(0, _workload.Members)
            .Select(_ => new WebSocketClient(dialect, this) { Group = number, Checks = [.. Enumerable.Range(0, _workload.Publishers).Select(static _ => new SequenceCheck())] })
            .ToArray();
        var frame = new ClientFrame(dialect, _workload.PayloadBytes);
        var firstSource = (uint)(number * _workload.Publishers);
        return new(firstSource, members, [.. Enumerable.Range(0, _workload.Publishers).Select(i => new Publisher(members[i], firstSource + (uint)i, i, frame))]);
    }

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
        group.StartProbe(_lastDelivery);
    }

    // The rate is taken from the second half, when code is compiled and the window is full.
    private void WarmUp()
    {
        RunFor(_cell.Timing.WarmUp / 2);
        var (started, before) = (Stopwatch.GetTimestamp(), Arrived());
        RunFor(_cell.Timing.WarmUp / 2);
        if (_workload.Refill != Refill.AtRate) return;
        _refill = Refill.AtRate;
        _pace = new((Arrived() - before) / Stopwatch.GetElapsedTime(started).TotalSeconds * 2 / 3, Stopwatch.Frequency, Stopwatch.GetTimestamp());
    }

    private long Arrived() => _publishers.Sum(static publisher => (long)publisher.Window!.Oldest);

    private void Send(Publisher publisher)
    {
        if (!_sending || _refill == Refill.AtRate) return;
        if (_refill != Refill.Together) publisher.Fill(_workload.Window);
        else if (publisher.Window!.IsEmpty) publisher.SendTogether(_workload.Window);
    }

    private void SendDue()
    {
        for (var due = _pace!.Due(Stopwatch.GetTimestamp()); due > 0 && _sending; due--)
        {
            var publisher = _publishers[_turn++ % _publishers.Length];
            if (publisher.Window!.HasRoom) publisher.Send();
        }
    }

    // A slow server delivers only a few broadcasts in the time given; the window then ends with a whole one.
    private void RunFor(TimeSpan duration)
    {
        var started = Stopwatch.GetTimestamp();
        var wholeBroadcasts = _workload.Groups == 1 && _workload.Window == 1;
        while (true)
        {
            _broadcastEnded = false;
            _loop.RunOnce(_pace is null ? 50 : 1);
            foreach (var publisher in _sendNext)
            {
                publisher.NeedsSend = false;
                Send(publisher);
            }

            _sendNext.Clear();
            if (_pace is not null) SendDue();
            if (_meter.IsOver(started, duration) && (!wholeBroadcasts || _broadcastEnded || Stopwatch.GetElapsedTime(started) > duration + DrainPatience)) return;
            if (_failure is not null) throw new CellFailedException(_failure);
        }
    }

    private void Drain()
    {
        var started = Stopwatch.GetTimestamp();
        _lastDelivery = started;
        while (_publishers.Any(static publisher => !publisher.Window!.IsEmpty))
        {
            _loop.RunOnce(20);
            if (Stopwatch.GetElapsedTime(_lastDelivery) > Silence || Stopwatch.GetElapsedTime(started) > DrainPatience) return;
        }

        // What comes now is a duplicate.
        _loop.RunOnce(5);
    }
}
