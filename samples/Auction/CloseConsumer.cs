using Channels;

namespace Auctions;

/// <summary>Closes auctions, in whatever process takes the job. A job may start more than once: a closed auction stays as it is.</summary>
internal sealed partial class CloseConsumer(IAuctionStore store) : Consumer
{
    public const string Channel = "auctions-close";

    [Handles("auction.close")]
    private async ValueTask Close(CloseAuction job)
    {
        while (await store.FindAsync(job.Id) is { } auction)
        {
            var closed = auction.Closed ? auction : auction with { Closed = true, Version = auction.Version + 1 };
            if (auction.Closed || await store.TryWriteAsync(closed))
            {
                await Groups.SendAsync(Auction.GroupOf(closed.Id), closed);
                return;
            }
        }
    }
}
