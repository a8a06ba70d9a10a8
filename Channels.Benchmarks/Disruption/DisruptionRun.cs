using System.Diagnostics;

namespace Channels.Benchmarks;

/// <summary>Many clients whose connections are cut at random, one publisher, and servers that are struck meanwhile; counts what everybody got in the end.</summary>
internal sealed class DisruptionRun : IDisposable
{
    private const int TextBytes = 64;
    private static readonly TimeSpan Still = TimeSpan.FromSeconds(2);

    private readonly LoadLoop _loop = new();
    private readonly LatencyHistogram _delays = new();
    private readonly PriorityQueue<(ResumingClient Client, ResumingSocket? Cut), long> _due = new();
    private readonly Random _random = new(13);
    private readonly DisruptionPlan _plan;
    private readonly DisruptionSite _site;
    private readonly ResumingClient[] _clients;
    private readonly ResumingClient _publisher;
    private readonly Dictionary<ResumingClient, int> _turn = [];
    private Task _strike = Task.CompletedTask;
    private bool _cutting = true;
    private long _sent;
    private int _cuts;
    private int _strikes;

    internal DisruptionRun(DisruptionPlan plan, DisruptionSite site)
    {
        (_plan, _site) = (plan, site);
        _clients = [.. Enumerable.Range(0, plan.Sockets).Select(_ => site.MakeClient(_delays))];
        for (var i = 0; i < _clients.Length; i++) (_clients[i].Joined, _clients[i].Ended, _turn[_clients[i]]) = (OnJoined, OnEnded, i);
        _publisher = site.MakeClient(delays: null);
        _publisher.Ended = OnEnded;
    }

    /// <summary>Runs to its end.</summary>
    /// <param name="variant">The name in the report.</param>
    /// <exception cref="CellFailedException">The clients could not connect, or a strike failed.</exception>
    internal DisruptionResult Run(string variant)
    {
        var (started, used) = (Stopwatch.GetTimestamp(), CpuClock.Nanoseconds(Environment.ProcessId));
        Schedule(_publisher, null, TimeSpan.Zero);
        for (var i = 0; i < _clients.Length; i++) Schedule(_clients[i], null, TimeSpan.FromMilliseconds(i)); // a thousand a second
        Until(() => _publisher.IsJoined && Array.TrueForAll(_clients, static client => client.Start >= 0), _plan.Patience, "connect");
        Publish();
        _cutting = false;
        Until(() => _strike.IsCompleted, _plan.Patience, "recover");
        if (_strike.Exception is { } failed) throw new CellFailedException(failed.GetBaseException().Message);
        var newest = Settle();
        return new DisruptionResult(variant, _plan.Sockets, _cuts, _strikes)
        {
            Sent = _sent,
            Published = newest - _publisher.Start,
            Expected = _clients.Sum(client => newest - client.Start),
            InOrder = _clients.Sum(static client => client.InOrder),
            Lost = _clients.Sum(client => client.Lost + newest - client.Offset),
            Doubled = _clients.Sum(static client => client.Doubled),
            Gone = _clients.Sum(static client => client.Gone),
            Median = Milliseconds(0.5),
            P99 = Milliseconds(0.99),
            Longest = Milliseconds(1),
            OwnCores = (CpuClock.Nanoseconds(Environment.ProcessId) - used) / Stopwatch.GetElapsedTime(started).TotalNanoseconds,
        };
    }

    public void Dispose() => _loop.Dispose();

    private void Publish()
    {
        var started = Stopwatch.GetTimestamp();
        var nextStrike = _plan.Blow;
        var text = new byte[TextBytes];
        text.AsSpan().Fill((byte)'x');

        // Somebody who had no time for any of it has measured nothing.
        while (Stopwatch.GetElapsedTime(started) is var elapsed && (elapsed < _plan.Duration || (IsUntried && elapsed < _plan.Duration + _plan.Patience)))
        {
            if (_publisher.IsJoined && elapsed.TotalSeconds * _plan.MessagesPerSecond > _sent)
            {
                new Stamp(0, (uint)_sent++, Stopwatch.GetTimestamp()).Write(text);
                _publisher.Publish(text);
            }

            if (_site.IsStruck && elapsed >= nextStrike && _strike.IsCompleted)
            {
                nextStrike = elapsed + _plan.Blow;
                _strikes++;
                _strike = Task.Run(_site.Strike);
            }

            Turn();
        }
    }

    // Everybody comes back, and what was sent is published: the number of the newest message stands still, and all have it.
    private long Settle()
    {
        var (newest, since) = (0L, Stopwatch.GetTimestamp());
        var end = Stopwatch.GetTimestamp() + (long)(_plan.Patience.TotalSeconds * Stopwatch.Frequency);
        while (Stopwatch.GetTimestamp() < end)
        {
            Turn();
            var last = Math.Max(_publisher.Offset, _clients.Max(static client => client.Offset));
            if (last != newest) (newest, since) = (last, Stopwatch.GetTimestamp());
            if (Stopwatch.GetElapsedTime(since) > Still && Array.TrueForAll(_clients, client => client.IsJoined && client.Offset == last)) break;
        }

        return newest;
    }

    private void Until(Func<bool> condition, TimeSpan patience, string what)
    {
        var started = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Turn();
            if (Stopwatch.GetElapsedTime(started) > patience) throw new CellFailedException($"Clients or servers did not {what} within {patience.TotalSeconds} s.");
        }
    }

    private void Turn()
    {
        while (_due.TryPeek(out var next, out var at) && at <= Stopwatch.GetTimestamp())
        {
            _due.Dequeue();
            if (next.Cut is null) Open(next.Client);
            else if (next.Cut == next.Client.Socket && _cutting) Cut(next.Client);
        }

        _loop.RunOnce(5);
    }

    private void Open(ResumingClient client)
    {
        var places = _site.EndPoints;
        var place = client == _publisher ? _site.PublishTo : places[_turn[client] = (_turn[client] + 1) % places.Count];
        _loop.Open(client.Connect(), place);
    }

    private void Cut(ResumingClient client)
    {
        client.Cut(_loop);
        _cuts++;
        Schedule(client, null, _plan.Away);
    }

    private void OnJoined(ResumingClient client) => Schedule(client, client.Socket, _plan.Life * (0.5 + _random.NextDouble()));

    // A server that went away is noticed like a cut; one that is not there, or refuses, is tried again soon.
    private void OnEnded(ResumingClient client) => Schedule(client, null, _plan.Retry);

    private void Schedule(ResumingClient client, ResumingSocket? cut, TimeSpan after) =>
        _due.Enqueue((client, cut), Stopwatch.GetTimestamp() + (long)(after.TotalSeconds * Stopwatch.Frequency));

    private bool IsUntried => _sent == 0 || (_site.IsStruck && _strikes == 0);

    private double Milliseconds(double share) => _delays.Percentile(share) * 1e3 / Stopwatch.Frequency;
}
