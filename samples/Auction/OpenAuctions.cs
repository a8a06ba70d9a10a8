using Channels;

namespace Auctions;

/// <summary>
/// How many auctions this process has opened, and for whom. Each holds a job until its end and is kept for a week, so nobody may open as
/// many as he likes: an address has few at a time, and each takes its place for an hour at least. Thread-safe.
/// </summary>
internal sealed class OpenAuctions(TimeProvider time)
{
    /// <summary>A tenth of the jobs that a queue in memory takes.</summary>
    public const int MostOfAll = 10_000;

    public const int MostOfOne = 20;

    private static readonly TimeSpan Least = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly PriorityQueue<(Guid Id, string Address), DateTimeOffset> _places = new();
    private readonly Dictionary<string, int> _byAddress = [];

    /// <summary>Takes a place; otherwise says why there is none.</summary>
    public HttpProblem? Enter(Guid auction, string address, DateTimeOffset endsAt)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            while (_places.TryPeek(out var over, out var until) && until <= now)
            {
                _places.Dequeue();
                Forget(over.Address);
            }

            var own = _byAddress.GetValueOrDefault(address);
            if (own >= MostOfOne || _places.Count >= MostOfAll)
            {
                return own >= MostOfOne ? new(429, "You have opened as many auctions as one may have at a time.") : new(503, "The house is full.");
            }

            _byAddress[address] = own + 1;
            _places.Enqueue((auction, address), endsAt > now + Least ? endsAt : now + Least);
            return null;
        }
    }

    /// <summary>Gives the place of an auction back that could not be opened.</summary>
    public void Leave(Guid auction, string address)
    {
        lock (_lock)
        {
            if (_places.Remove((auction, address), out _, out _))
            {
                Forget(address);
            }
        }
    }

    private void Forget(string address)
    {
        if (--_byAddress[address] == 0)
        {
            _byAddress.Remove(address);
        }
    }
}
