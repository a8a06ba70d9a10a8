using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Specifications;

/// <summary>The contract of requests in memory, and what a clock that is moved by hand shows.</summary>
[TestFixture]
public sealed class InMemoryRequestSpecification : RequestSpecification
{
    protected override ValueTask AddLayerAsync(ChannelsBuilder builder) => ValueTask.CompletedTask; // it is there by itself

    private protected override Task<ServiceProvider> StartPeerAsync(ServiceProvider process) => Task.FromResult(process);

    [Test]
    public async Task The_deadline_is_kept_to_the_tick_and_nothing_is_left_behind()
    {
        var time = new ManualTimeProvider();
        var process = await StartProcessAsync(services => services.AddSingleton<TimeProvider>(time));
        var book = await OpenAsync(process);
        var timers = time.ActiveTimers;
        var asking = RequestsOf(process).RequestAsync(book.Channel, new ChannelMessage("test.waits"));
        await Eventually.Is(() => book.Begun == 1 && RequestsOf(process).BegunCount == 1); // it begins a moment before who asked hears of it
        time.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1));
        Assert.That(asking.IsCompleted, Is.False);
        time.Advance(TimeSpan.FromTicks(1));
        Assert.That(async () => await asking, Throws.TypeOf<RequestTimedOutException>().With.Message.Contains("00:00:10"));
        await Eventually.Is(() => book.Cancelled == 1 && RequestsOf(process).Answers.Memory.Count == 0 && time.ActiveTimers == timers);
    }

    [Test]
    public async Task Whoever_waits_at_a_channel_that_is_closed_is_told_at_once()
    {
        var time = new ManualTimeProvider(); // nothing is asked once more
        var process = await StartProcessAsync(services => services.AddSingleton<TimeProvider>(time));
        var (begun, goOn) = (new TaskCompletionSource(), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var channel = await AnsweringChannel.OpenAsync(
            RequestsOf(process),
            async (_, _) =>
            {
                begun.SetResult();
                await goOn.Task; // whatever its token says
                return null;
            },
            maxRunning: 1);
        var running = AskAsync();
        await begun.Task.WaitAsync(Patience);
        Task[] waiting = [AskAsync(), AskAsync(), AskAsync()];
        await Eventually.Is(() => channel.Waiting == 2); // one more is read, and waits for its turn
        var closing = channel.DisposeAsync().AsTask();
        foreach (var asking in waiting)
        {
            Assert.That(async () => await asking.WaitAsync(Patience), Throws.TypeOf<RequestUnansweredException>().With.Message.Contains("closed"));
        }

        Assert.That(running.IsCompleted || closing.IsCompleted, Is.False);
        goOn.SetResult();
        await running.WaitAsync(Patience);
        await closing.WaitAsync(Patience);

        Task AskAsync() => RequestsOf(process).RequestAsync(channel.Name, new ChannelMessage("test.ask"));
    }

    [Test]
    public async Task Answers_are_forgotten_when_nobody_can_wait_for_them()
    {
        var time = new ManualTimeProvider();
        var process = await StartProcessAsync(services => services.AddSingleton<TimeProvider>(time));
        var book = await OpenAsync(process);
        await RequestsOf(process).RequestAsync(book.Channel, new ChannelMessage("test.nothing"), TimeSpan.FromSeconds(30));
        var memory = RequestsOf(process).Answers.Memory;
        Assert.That(memory.Count, Is.EqualTo(1));
        time.Advance(TimeSpan.FromSeconds(29));
        Assert.That(memory.Count, Is.EqualTo(1));
        time.Advance(TimeSpan.FromSeconds(2));
        await Eventually.Is(() => (memory.Count, time.ActiveTimers) == (0, 0)); // who answered ends its timer after the answer
    }

    [Test]
    public async Task No_more_answers_are_kept_than_the_option_says()
    {
        var process = await StartProcessAsync(services => services.Configure<RequestOptions>(options => options.MaxRememberedBytes = 10_000));
        await using var channel = await AnsweringChannel.OpenAsync(RequestsOf(process), (_, _) => new(new ChannelMessage("test.answered", new() { ["text"] = new string('x', 1_000) })));
        for (var n = 0; n < 20; n++)
        {
            await RequestsOf(process).RequestAsync(channel.Name, new ChannelMessage("test.ask"), Patience);
        }

        Assert.That(RequestsOf(process).Answers.Memory.Count, Is.EqualTo(4));
    }

    [Test]
    public async Task A_layer_that_loses_every_tenth_message_and_delays_others_answers_all_the_same_and_runs_each_once()
    {
        var process = await StartProcessAsync(services => services.AddChannels().AddLayer("default", _ => new LossyLayer(new InMemoryChannelLayer())));
        var runs = 0;
        await using var channel = await AnsweringChannel.OpenAsync(RequestsOf(process), async (request, _) =>
        {
            Interlocked.Increment(ref runs);
            await Task.Yield();
            return new ChannelMessage("test.answered", request.Fields);
        });
        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(n =>
            RequestsOf(process).RequestAsync(channel.Name, new ChannelMessage("test.ask", new() { ["n"] = n }), TimeSpan.FromMinutes(5))));
        Assert.That(answers.Select(answer => answer.Fields["n"].GetInt64()), Is.EqualTo(Enumerable.Range(0, 60)));
        Assert.That(runs, Is.EqualTo(60));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_request_of_which_the_layer_does_not_know_whether_it_was_sent_is_carried_out_once_and_answered(bool hasCome)
    {
        var layer = new DoubtfulLayer(new InMemoryChannelLayer(), hasCome);
        var process = await StartProcessAsync(services => services.AddChannels().AddLayer("default", _ => layer));
        var book = await OpenAsync(process);
        Assert.That((await RequestsOf(process).RequestAsync<NumberAsked, NumberTold>(book.Channel, new(2), Patience)).Number, Is.EqualTo(4));
        Assert.That(book.Runs, Is.EqualTo(1));
        Assert.That(layer.Sent, Is.GreaterThan(1), "the answer came through it as well");
        Assert.That(RequestsOf(process).PendingCount, Is.Zero);
    }

    [Test]
    public async Task Of_a_request_that_may_have_been_sent_and_that_nobody_has_taken_up_it_is_said_at_the_deadline_that_nobody_knows()
    {
        var (time, layer) = (new ManualTimeProvider(), new DoubtfulLayer(new InMemoryChannelLayer(), hasCome: false));
        var process = await StartProcessAsync(services => services.AddSingleton<TimeProvider>(time).AddChannels().AddLayer("default", _ => layer));
        var asking = RequestsOf(process).RequestAsync("jobs-of-nobody", new ChannelMessage("test.nothing"), TimeSpan.FromSeconds(10));
        await Eventually.Is(() => layer.Sent == 1);
        time.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1));
        Assert.That(asking.IsCompleted, Is.False);
        time.Advance(TimeSpan.FromTicks(1));
        Assert.That(async () => await asking, Throws.TypeOf<ChannelLayerUnavailableException>().With.Property(nameof(ChannelLayerUnavailableException.OutcomeUnknown)).True);
        Assert.That(RequestsOf(process).PendingCount, Is.Zero);
    }
}
