using Channels;
using Samples;

namespace Auctions;

/// <summary><c>POST auctions</c>: a seller opens one.</summary>
internal sealed class OpenConsumer(IAuctionStore store, IJobQueue jobs, OpenAuctions open, TimeProvider time)
    : JsonHttpConsumer<Offer, Auction>(AuctionJson.Default.Offer, AuctionJson.Default.Auction)
{
    protected override IReadOnlyDictionary<string, string[]>? Validate(Offer offer) => offer switch
    {
        { Title.Length: 0 or > 80 } => new Dictionary<string, string[]> { ["$.title"] = ["A title has 1 to 80 characters."] },
        { Price: < 0 or > 1_000_000_000 } => new Dictionary<string, string[]> { ["$.price"] = ["A price is between 0 and a billion."] },
        { Seconds: < 1 or > 604_800 } => new Dictionary<string, string[]> { ["$.seconds"] = ["An auction lasts between a second and a week."] },
        _ => null,
    };

    protected override async ValueTask<Auction?> OnJsonAsync(Offer offer)
    {
        var auction = new Auction(Guid.CreateVersion7(), offer.Title, time.GetUtcNow().AddSeconds(offer.Seconds), offer.Price);
        var address = ClientAddress.Of(Scope);
        if (open.Enter(auction.Id, address, auction.EndsAt) is { } problem)
        {
            await Respond.ProblemAsync(Send, problem);
            return null;
        }

        try
        {
            // The job first: a process that dies in between leaves a job without an auction, never an auction that nobody closes.
            await jobs.ScheduleAsync(CloseConsumer.Channel, new CloseAuction(auction.Id), auction.EndsAt, id: $"{auction.Id}");
        }
        catch
        {
            open.Leave(auction.Id, address);
            throw;
        }

        await store.TryWriteAsync(auction);
        ResponseStatus = 201;
        ResponseHeaders.Add("location", $"/auctions/{auction.Id}");
        return auction;
    }
}
