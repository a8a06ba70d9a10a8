using Channels;

namespace Auctions;

/// <summary><c>POST auctions/ID/bids</c>: somebody bids, and everybody who watches is told.</summary>
internal sealed class BidConsumer(IAuctionStore store, TimeProvider time) : JsonHttpConsumer<Bid, Auction>(AuctionJson.Default.Bid, AuctionJson.Default.Auction)
{
    protected override IReadOnlyDictionary<string, string[]>? Validate(Bid bid) => bid switch
    {
        { Name.Length: 0 or > 40 } => new Dictionary<string, string[]> { ["$.name"] = ["A name has 1 to 40 characters."] },
        { Amount: > 1_000_000_000 } => new Dictionary<string, string[]> { ["$.amount"] = ["A bid is at most a billion."] },
        _ => null,
    };

    protected override async ValueTask<Auction?> OnJsonAsync(Bid bid)
    {
        var problem = new HttpProblem(404, "There is no such auction.");
        while (await store.FindAsync(Route.Get<Guid>("id")) is { } auction)
        {
            var over = auction.Closed || auction.EndsAt <= time.GetUtcNow();
            if (over || bid.Amount <= auction.Price)
            {
                problem = new(409, over ? "The auction is over." : $"A bid must be above {auction.Price}.");
                break;
            }

            var raised = auction with { Price = bid.Amount, Leader = bid.Name, Version = auction.Version + 1 };
            if (await store.TryWriteAsync(raised))
            {
                await Groups.SendAsync(Auction.GroupOf(raised.Id), raised);
                ResponseStatus = 201;
                return raised;
            }
        }

        await Respond.ProblemAsync(Send, problem);
        return null;
    }
}
