using Channels;

namespace Auctions;

/// <summary>What a seller sends: the first bid must be above the price; bids are taken for so many seconds.</summary>
internal sealed record Offer(string Title, long Price, int Seconds);

/// <summary>What a bidder sends.</summary>
internal sealed record Bid(string Name, long Amount);

/// <summary>The job that ends an auction.</summary>
[Message("auction.close", typeof(AuctionJson))]
internal sealed partial record CloseAuction(Guid Id);
