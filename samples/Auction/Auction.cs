using Channels;

namespace Auctions;

/// <summary>An auction at one moment; those who watch it get it as it is, so every socket shares one encoding.</summary>
/// <param name="Price">The highest bid, which is the leader's; before the first one, what it must be above.</param>
/// <param name="Version">One more with every change: of two states that overtook each other, the greater is newer.</param>
[Message("auction.changed", typeof(AuctionJson))]
internal sealed partial record Auction(Guid Id, string Title, DateTimeOffset EndsAt, long Price, string? Leader = null, bool Closed = false, int Version = 1)
{
    /// <summary>Those who watch an auction.</summary>
    public static string GroupOf(Guid id) => $"auction.{id}";
}
