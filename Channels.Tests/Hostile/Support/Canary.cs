using System.Collections.Concurrent;
using Channels.Tests.Support;

namespace Channels.Tests.Hostile;

/// <summary>
/// Twenty polite sockets of the conformance sample, each of which sends a message every tenth of a second and waits for its
/// echo, and a client that posts. What somebody else's attack does to them is what it does to everybody. They have threads of
/// their own, so that attackers in the same process do not slow them down. Thread-safe.
/// </summary>
internal sealed class Canary : IDisposable
{
    public const int Count = 20;

    private readonly ConcurrentQueue<TimeSpan> _answers = new();
    private readonly ConcurrentQueue<string> _complaints = new();
    private readonly CanaryClient[] _clients;

    private Canary(bool compression) =>
        _clients = [.. Enumerable.Range(0, Count).Select(_ => new CanarySocket(compression)), new CanaryPoster()];

    /// <summary>Ends the clients.</summary>
    public ManualResetEventSlim Stop { get; } = new();

    /// <summary>What went wrong; empty while nobody was closed, reset, kept waiting for a minute or answered wrongly.</summary>
    public IReadOnlyCollection<string> Complaints => _complaints;

    /// <summary>Opens the sockets and waits for their first echoes, which take longer than any other.</summary>
    public static async Task<Canary> StartAsync(Uri server, bool compression)
    {
        var canary = new Canary(compression);
        for (var i = 0; i < canary._clients.Length; i++)
        {
            canary._clients[i].Start(i, server, canary);
        }

        await canary.MoreRoundsAsync(3);
        return canary;
    }

    public void Answered(TimeSpan after) => _answers.Enqueue(after);

    public void Complain(string complaint) => _complaints.Enqueue(complaint);

    /// <summary>Measures how long answers take from now on.</summary>
    public void BeginMeasurement() => _answers.Clear();

    /// <summary>How long the answers took that have come since the measurement began.</summary>
    public Latency Measured => Latency.Of(_answers);

    /// <summary>Waits until each has so many more answers, or one complains.</summary>
    public async Task MoreRoundsAsync(int count)
    {
        var wanted = _clients.Select(client => client.RoundCount + count).ToArray();
        await Eventually.Is(
            () => !_complaints.IsEmpty || _clients.Zip(wanted).All(pair => pair.First.RoundCount >= pair.Second),
            2 * CanaryClient.Patience);
    }

    public void Dispose()
    {
        Stop.Set();
        foreach (var client in _clients)
        {
            client.Join();
        }

        Stop.Dispose();
    }
}
