using Microsoft.Extensions.Caching.Memory;

namespace Auctions;

/// <summary>The auctions of one process.</summary>
internal sealed class MemoryAuctionStore(IMemoryCache cache) : IAuctionStore
{
    private readonly Lock _writing = new();

    public ValueTask<Auction?> FindAsync(Guid id) => new(cache.Get<Auction>(id));

    public ValueTask<bool> TryWriteAsync(Auction next)
    {
        lock (_writing)
        {
            if ((cache.Get<Auction>(next.Id)?.Version ?? 0) != next.Version - 1)
            {
                return new(false);
            }

            cache.Set(next.Id, next, next.EndsAt.AddDays(7));
            return new(true);
        }
    }
}
