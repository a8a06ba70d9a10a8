using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Specifications;

public abstract partial class RequestSpecification
{
    private enum Ask
    {
        Answered,
        Fails,
        Unknown,
        Twice,
        GivenUp,
    }

    /// <summary>How many interleavings the model is compared with.</summary>
    protected virtual int Interleavings => 150;

    [Test]
    public async Task Whatever_is_asked_together_ends_as_if_it_were_asked_alone_and_runs_once()
    {
        var process = await StartProcessAsync();
        var peer = await StartPeerAsync(process);
        AnswerBook[] books = [await OpenAsync(process), await OpenAsync(peer)];
        var plans = ArbMap.Default.ArbFor<(int, bool)[]>().Generator.Resize(12).ToArbitrary();
        await Task.Run(() => Prop.ForAll(plans, plan => CompareAsync(process, peer, books, plan).WaitAsync(Patience).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Interleavings)));
    }

    private static async Task CompareAsync(ServiceProvider process, ServiceProvider peer, AnswerBook[] books, (int What, bool FromPeer)[] plan)
    {
        var before = books.Sum(book => book.Runs);
        Ask[] asks = [.. plan.Select(step => (Ask)(uint)(Math.Abs((long)step.What) % 5))];
        var outcomes = await Task.WhenAll(asks.Select((ask, n) => OutcomeAsync(plan[n].FromPeer ? peer : process, books[n % 2].Channel, ask, n)));
        Assert.That(outcomes, Is.EqualTo(asks.Select(Expected)));
        var runs = books.Sum(book => book.Runs) - before;
        Assert.That(runs, Is.EqualTo(asks.Count(ask => ask is Ask.Answered or Ask.Fails or Ask.Twice)));
        Assert.That(RequestsOf(process).PendingCount + RequestsOf(peer).PendingCount, Is.Zero);
    }

    private static string Expected(Ask ask, int number) => ask switch
    {
        Ask.Answered => $"{number * 2}",
        Ask.Fails => nameof(RequestFailedException),
        Ask.Unknown => nameof(RequestUnansweredException),
        Ask.Twice => "answer answer",
        _ => nameof(TaskCanceledException),
    };

    private static async Task<string> OutcomeAsync(ServiceProvider process, string channel, Ask ask, int number)
    {
        var requests = RequestsOf(process);
        try
        {
            switch (ask)
            {
                case Ask.Answered:
                    return $"{(await requests.RequestAsync<NumberAsked, NumberTold>(channel, new(number), Patience)).Number}";
                case Ask.Twice:
                    return await AskTwiceAsync(process.GetRequiredService<IChannelLayer>(), channel);
                case Ask.GivenUp:
                    using (var giveUp = new CancellationTokenSource())
                    {
                        var asking = requests.RequestAsync(channel, new ChannelMessage("test.waits"), Patience, giveUp.Token);
                        await giveUp.CancelAsync();
                        await asking;
                        return "an answer";
                    }

                default:
                    await requests.RequestAsync(channel, new ChannelMessage(ask == Ask.Fails ? "test.fails" : "test.unknown"), Patience);
                    return "an answer";
            }
        }
        catch (Exception error) when (error is RequestException or OperationCanceledException)
        {
            return error is OperationCanceledException ? nameof(TaskCanceledException) : error.GetType().Name;
        }
    }

    private static async Task<string> AskTwiceAsync(IChannelLayer layer, string channel)
    {
        await using var replies = await layer.NewChannelAsync();
        var request = new RequestMark($"{Guid.NewGuid()}", replies.Name, Patience).On(new ChannelMessage("test.nothing"));
        await layer.SendAsync(channel, request);
        await layer.SendAsync(channel, request);
        ChannelMessage[] both = [await NextAsync(replies), await NextAsync(replies)];
        return string.Join(' ', both.Select(reply => reply.Fields.ContainsKey("answer") ? "answer" : "something else"));
    }
}
