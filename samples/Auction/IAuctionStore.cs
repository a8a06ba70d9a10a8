namespace Auctions;

/// <summary>Where auctions are kept, for a week beyond their end. Thread-safe.</summary>
internal interface IAuctionStore
{
    ValueTask<Auction?> FindAsync(Guid id);

    /// <summary>Keeps a state whose version is one more than what is there, or 1 when nothing is. False when somebody else was faster.</summary>
    ValueTask<bool> TryWriteAsync(Auction next);
}
