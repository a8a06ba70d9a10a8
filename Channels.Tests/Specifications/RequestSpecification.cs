using Channels.Tests.Consumers;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Specifications;

/// <summary>The contract of requests, proven over every layer by deriving from this fixture.</summary>
public abstract partial class RequestSpecification
{
    private readonly List<ServiceProvider> _processes = [];
    private readonly List<MemberSocket> _sockets = [];

    /// <summary>Registers the layer under test.</summary>
    protected abstract ValueTask AddLayerAsync(ChannelsBuilder builder);

    [TearDown]
    public async Task EndProcessesAsync()
    {
        foreach (var socket in _sockets)
        {
            await socket.EndAsync();
        }

        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }
    }

    private protected static TimeSpan Patience { get; } = Eventually.Patience;

    private protected async Task<ServiceProvider> StartProcessAsync(Action<IServiceCollection>? configure = null)
    {
        var services = new ServiceCollection();
        await AddLayerAsync(services.AddChannels());
        configure?.Invoke(services);
        var process = services.BuildServiceProvider();
        _processes.Add(process);
        return process;
    }

    /// <summary>Another process of the fleet; the same one for a layer of one process.</summary>
    private protected virtual Task<ServiceProvider> StartPeerAsync(ServiceProvider process) => StartProcessAsync();

    private protected static ChannelRequests RequestsOf(ServiceProvider process) => process.GetRequiredService<ChannelRequests>();

    private protected async Task<AnswerBook> OpenAsync(ServiceProvider process)
    {
        var book = new AnswerBook();
        _sockets.Add(await MemberSocket.OpenAsync(Consumer.Of<AnsweringMember>(book), process));
        return book;
    }

    [Test]
    public async Task Answers_come_back_as_records_maps_messages_or_nothing()
    {
        var process = await StartProcessAsync();
        var book = await OpenAsync(await StartPeerAsync(process));
        var requests = RequestsOf(process);
        Assert.That(await requests.RequestAsync<NumberAsked, NumberTold>(book.Channel, new(21), Patience), Is.EqualTo(new NumberTold(42)));
        var map = await requests.RequestAsync(book.Channel, new ChannelMessage("test.map", new() { ["text"] = "Grüße" }), Patience);
        Assert.That(map.Fields, Is.EqualTo(new MessageMap { ["heard"] = "Grüße" }));
        Assert.That((await requests.RequestAsync(book.Channel, new ChannelMessage("test.map", new() { ["none"] = true }), Patience)).Fields, Is.Empty);
        var told = await requests.RequestAsync(book.Channel, new ChannelMessage("test.message"), Patience);
        Assert.That((told.Type, told.Fields["type of the request"].GetText()), Is.EqualTo(("test.told", "test.message")));
        Assert.That((await requests.RequestAsync(book.Channel, new ChannelMessage("test.nothing"), Patience)).Fields, Is.Empty);
        Assert.That(requests.PendingCount, Is.Zero);
    }

    [Test]
    public async Task What_fails_there_is_told_and_who_answers_goes_on()
    {
        var process = await StartProcessAsync();
        var book = await OpenAsync(await StartPeerAsync(process));
        var requests = RequestsOf(process);
        Assert.That(async () => await requests.RequestAsync(book.Channel, new ChannelMessage("test.fails"), Patience), Throws.TypeOf<RequestFailedException>().With.Message.Contains("InvalidOperationException: no such luck"));
        Assert.That(async () => await requests.RequestAsync(book.Channel, new ChannelMessage("test.map"), Patience), Throws.TypeOf<RequestFailedException>().With.Message.Contains("'text'"), "it asks the map for an entry that is not there");
        Assert.That(async () => await requests.RequestAsync(book.Channel, new ChannelMessage("test.double", new() { ["number"] = "many" }), Patience), Throws.TypeOf<RequestFailedException>().With.Message.Contains("number"));
        Assert.That(async () => await requests.RequestAsync<NumberTold>(book.Channel, new ChannelMessage("test.nothing"), Patience), Throws.TypeOf<RequestFailedException>().With.Message.Contains("NumberTold"));
        Assert.That((await requests.RequestAsync<NumberAsked, NumberTold>(book.Channel, new(2), Patience)).Number, Is.EqualTo(4));
    }

    [Test]
    public async Task Where_nobody_answers_it_is_told_at_once()
    {
        var process = await StartProcessAsync();
        var peer = await StartPeerAsync(process);
        var book = await OpenAsync(peer);
        var requests = RequestsOf(process);
        Assert.That(async () => await requests.RequestAsync(book.Channel, new ChannelMessage("test.unknown"), Patience), Throws.TypeOf<RequestUnansweredException>().With.Message.Contains("test.unknown"));
        var closed = await peer.GetRequiredService<IChannelLayer>().NewChannelAsync();
        await closed.DisposeAsync();
        Assert.That(async () => await requests.RequestAsync(closed.Name, new ChannelMessage("test.nothing"), Patience), Throws.TypeOf<RequestUnansweredException>().With.Property(nameof(RequestException.Channel)).EqualTo(closed.Name));
    }

    [Test]
    public async Task A_channel_that_nobody_reads_ends_the_request_at_its_deadline_and_leaves_nothing()
    {
        var process = await StartProcessAsync();
        var silent = await (await StartPeerAsync(process)).GetRequiredService<IChannelLayer>().NewChannelAsync();
        var requests = RequestsOf(process);
        Assert.That(async () => await requests.RequestAsync(silent.Name, new ChannelMessage("test.nothing"), TimeSpan.FromMilliseconds(200)), Throws.TypeOf<RequestUnansweredException>());
        Assert.That(async () => await requests.RequestAsync("jobs-of-nobody", new ChannelMessage("test.nothing"), TimeSpan.FromMilliseconds(200)), Throws.TypeOf<RequestUnansweredException>());
        Assert.That(requests.PendingCount, Is.Zero);
    }

    [Test]
    public async Task What_takes_too_long_has_timed_out_and_hears_of_it()
    {
        var process = await StartProcessAsync();
        var peer = await StartPeerAsync(process);
        var book = await OpenAsync(peer);
        var requests = RequestsOf(process);
        await requests.RequestAsync(book.Channel, new ChannelMessage("test.nothing"), Patience); // both reply channels are open
        await RequestsOf(peer).RequestAsync(book.Channel, new ChannelMessage("test.nothing"), Patience);
        var deadline = TimeSpan.FromSeconds(1);
        var error = await FailAsync();
        while (error is RequestUnansweredException && deadline < Patience)
        {
            deadline *= 2; // over before anybody was heard to be at it, which says nothing about who takes too long
            error = await FailAsync();
        }

        Assert.That(error, Is.TypeOf<RequestTimedOutException>());
        await Eventually.Is(() => book.Begun > 0 && book.Cancelled == book.Begun, Patience);
        Assert.That((await requests.RequestAsync<NumberAsked, NumberTold>(book.Channel, new(3), Patience)).Number, Is.EqualTo(6));
        Assert.That(requests.PendingCount, Is.Zero);

        async Task<RequestException?> FailAsync()
        {
            try
            {
                await requests.RequestAsync(book.Channel, new ChannelMessage("test.waits"), deadline);
                return null;
            }
            catch (RequestException e)
            {
                return e;
            }
        }
    }

    [Test]
    public async Task The_callers_cancellation_reaches_whoever_is_at_work()
    {
        var process = await StartProcessAsync();
        var book = await OpenAsync(await StartPeerAsync(process));
        var requests = RequestsOf(process);
        using var giveUp = new CancellationTokenSource();
        var asking = requests.RequestAsync(book.Channel, new ChannelMessage("test.waits"), TimeSpan.FromHours(1), giveUp.Token);
        await Eventually.Is(() => book.Begun == 1, Patience);
        await giveUp.CancelAsync();
        Assert.That(async () => await asking, Throws.InstanceOf<OperationCanceledException>());
        await Eventually.Is(() => book.Cancelled == 1, Patience);
        Assert.That(requests.PendingCount, Is.Zero);
    }

    [Test]
    public async Task A_request_that_is_delivered_twice_runs_once_and_is_answered_twice()
    {
        var process = await StartProcessAsync();
        var book = await OpenAsync(await StartPeerAsync(process));
        var layer = process.GetRequiredService<IChannelLayer>();
        await using var replies = await layer.NewChannelAsync();
        foreach (var type in (string[])["test.nothing", "test.fails"])
        {
            var before = book.Runs;
            var request = new RequestMark("1 " + type, replies.Name, Patience).On(new ChannelMessage(type));
            await layer.SendAsync(book.Channel, request);
            var first = await NextAsync(replies);
            await layer.SendAsync(book.Channel, request);
            Assert.That(await NextAsync(replies), Is.EqualTo(first));
            Assert.That(first.Fields["request"].GetText(), Is.EqualTo("1 " + type));
            Assert.That(book.Runs - before, Is.EqualTo(1));
        }
    }

    [Test]
    public async Task A_function_answers_several_at_a_time_and_its_channel_ends_with_it()
    {
        var process = await StartProcessAsync();
        var peer = await StartPeerAsync(process);
        var together = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = 0;
        var channel = await AnsweringChannel.OpenAsync(RequestsOf(peer), async (request, cancellationToken) =>
        {
            if (Interlocked.Increment(ref running) == 3)
            {
                together.SetResult();
            }

            await together.Task.WaitAsync(cancellationToken);
            return request.Type == "test.bad" ? throw new FormatException("bad") : new ChannelMessage("test.answered", new() { ["bytes"] = new byte[] { 0, 255 } });
        });
        var requests = RequestsOf(process);
        var answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => requests.RequestAsync(channel.Name, new ChannelMessage("test.ask"), Patience)));
        Assert.That(answers.Select(answer => answer.Fields["bytes"].GetBytes().ToArray()), Is.All.EqualTo(new byte[] { 0, 255 }));
        Assert.That(async () => await requests.RequestAsync(channel.Name, new ChannelMessage("test.bad"), Patience), Throws.TypeOf<RequestFailedException>().With.Message.Contains("FormatException: bad"));
        await channel.DisposeAsync();
        await channel.DisposeAsync();
        Assert.That(async () => await requests.RequestAsync(channel.Name, new ChannelMessage("test.ask"), Patience), Throws.TypeOf<RequestUnansweredException>());
    }

    [Test]
    public async Task A_function_whose_channel_is_closed_leaves_nobody_waiting()
    {
        var process = await StartProcessAsync();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var channel = await AnsweringChannel.OpenAsync(RequestsOf(await StartPeerAsync(process)), async (_, cancellationToken) =>
        {
            begun.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            return null;
        });
        var asking = RequestsOf(process).RequestAsync(channel.Name, new ChannelMessage("test.ask"), Patience);
        await begun.Task.WaitAsync(Patience);
        await channel.DisposeAsync();
        Assert.That(async () => await asking, Throws.TypeOf<RequestFailedException>().With.Message.Contains("ended"));
    }

    [Test]
    public async Task A_request_that_nobody_has_read_is_refused_when_its_channel_is_closed()
    {
        var layer = (await StartProcessAsync()).GetRequiredService<IChannelLayer>();
        await using var replies = await layer.NewChannelAsync();
        var inbox = await layer.NewChannelAsync();
        await layer.SendAsync(inbox.Name, new ChannelMessage("test.ask"));
        await layer.SendAsync(inbox.Name, new RequestMark("1", replies.Name, Patience).On(new ChannelMessage("test.ask")));
        await Eventually.Is(() => inbox.Count == 2);
        await inbox.DisposeAsync();
        var refusal = await NextAsync(replies);
        Assert.That((RequestMark.IdOf(refusal), RequestMark.TextOf(refusal.Fields, "nobody")), Is.EqualTo(("1", "the channel is closed")));
    }

    [Test]
    public async Task A_request_to_a_channel_that_is_just_being_closed_is_refused()
    {
        var layer = (await StartProcessAsync()).GetRequiredService<IChannelLayer>();
        await using var replies = await layer.NewChannelAsync();
        await using var inbox = await layer.NewChannelAsync();
        inbox.Mailbox.Close(); // and its name is still known
        await layer.SendAsync(inbox.Name, new RequestMark("1", replies.Name, Patience).On(new ChannelMessage("test.ask")));
        Assert.That(RequestMark.TextOf((await NextAsync(replies)).Fields, "nobody"), Is.EqualTo("the channel is closed"));
    }

    [Test]
    public async Task A_thousand_requests_at_a_time_get_each_its_own_answer()
    {
        var process = await StartProcessAsync();
        await using var channel = await AnsweringChannel.OpenAsync(
            RequestsOf(await StartPeerAsync(process)), (request, _) => new(new ChannelMessage("test.answered", request.Fields)));
        var requests = RequestsOf(process);
        using var atOnce = new SemaphoreSlim(100); // as many as a channel of Redis holds
        var answers = await Task.WhenAll(Enumerable.Range(0, 1_000).Select(async n =>
        {
            await atOnce.WaitAsync();
            try
            {
                return await requests.RequestAsync(channel.Name, new ChannelMessage("test.ask", new() { ["n"] = n }), Patience);
            }
            finally
            {
                atOnce.Release();
            }
        }));
        Assert.That(answers.Select(answer => answer.Fields["n"].GetInt64()), Is.EqualTo(Enumerable.Range(0, 1_000)));
        Assert.That(requests.PendingCount, Is.Zero);
    }

    [Test]
    public async Task What_no_handler_could_see_and_times_out_of_bounds_are_refused_by_name()
    {
        var requests = RequestsOf(await StartProcessAsync());
        Assert.That(async () => await requests.RequestAsync("no channel", new ChannelMessage("a")), Throws.InstanceOf<ArgumentException>().With.Message.Contains("'no channel'"));
        Assert.That(async () => await requests.RequestAsync("a", ChannelMessage.CloseConnection()), Throws.ArgumentException.With.Message.Contains("[Answers]"));
        Assert.That(async () => await requests.RequestAsync("a", new ChannelMessage("a"), TimeSpan.Zero), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(async () => await requests.RequestAsync("a", new ChannelMessage("a"), TimeSpan.FromDays(2)), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("24 hours"));
        Assert.That(() => new ChannelMessage("a", new() { ["__channels_request__"] = new MessageMap() }), Throws.ArgumentException, "no text of a peer makes a request");
    }

    private static async Task<ChannelMessage> NextAsync(ChannelInbox inbox)
    {
        using var patience = new CancellationTokenSource(Patience);
        return await inbox.ReceiveAsync(patience.Token);
    }
}
