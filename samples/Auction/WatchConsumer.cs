using Channels;

namespace Auctions;

/// <summary>Somebody who watches an auction: gets its state at first, and then every change.</summary>
internal sealed partial class WatchConsumer(IAuctionStore store) : WebSocketConsumer
{
    // Joined before the state is read, so no change falls in between.
    protected override IEnumerable<string> InitialGroups => [Auction.GroupOf(Route.Get<Guid>("id"))];

    protected override async ValueTask OnConnectAsync()
    {
        if (await store.FindAsync(Route.Get<Guid>("id")) is not { } auction)
        {
            await DenyAsync(404, "There is no such auction.");
            return;
        }

        await AcceptAsync();
        await OnChanged(auction);
    }

    [Handles("auction.changed")]
    private ValueTask OnChanged(Auction auction) => SendJsonAsync(auction, AuctionJson.Default.Auction);
}
