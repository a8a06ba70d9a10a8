using Channels.Tests.Support;

namespace Channels.Tests.Specifications;

public abstract partial class GroupHistorySpecification
{
    [Test]
    public async Task Positions_count_from_1_and_pages_follow_each_other()
    {
        var history = HistoryOf(await StartProcessAsync());
        var empty = await history.ReadAsync(Room, HistoryPosition.Oldest);
        Assert.That((empty.Messages.Count, empty.Newest.Offset, empty.Gone), Is.EqualTo((0, 0L, false)));
        Assert.That(await history.PublishAsync(Room, Numbered(1)), Is.EqualTo(empty.Newest with { Offset = 1 }), "whoever saw it empty can resume there");
        Assert.That(await history.AppendAsync(Room, Numbered(2)), Is.EqualTo(empty.Newest with { Offset = 2 }));
        await history.PublishAsync(Room, Numbered(3));

        var first = await history.ReadAsync(Room, empty.Newest, max: 2);
        Assert.That(first.Messages.Select(NumberOf), Is.EqualTo(new long[] { 1, 2 }));
        Assert.That(first.Messages.Select(message => message.Position!.Value.Offset), Is.EqualTo(new long[] { 1, 2 }));
        Assert.That((first.Newest.Offset, first.HasMore, first.Gone), Is.EqualTo((3L, true, false)));
        var second = await history.ReadAsync(Room, first.Messages[^1].Position!.Value, max: 2);
        Assert.That((second.Messages.Select(NumberOf).Single(), second.HasMore), Is.EqualTo((3L, false)));
        var nothing = await history.ReadAsync(Room, second.Newest);
        Assert.That((nothing.Messages.Count, nothing.Gone), Is.EqualTo((0, false)), "nothing new is not gone");
        var only = await history.ReadAsync(Room, HistoryPosition.Oldest, max: 0);
        Assert.That((only.Messages.Count, only.Newest.Offset, only.HasMore), Is.EqualTo((0, 3L, false)));
        Assert.That(async () => await history.ReadAsync(Room, HistoryPosition.Oldest, max: -1), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(async () => await history.ReadAsync("no group!", HistoryPosition.Oldest), Throws.InstanceOf<ArgumentException>());
        Assert.That(async () => await history.PublishAsync("no group!", Numbered(1)), Throws.InstanceOf<ArgumentException>());
    }

    [Test]
    public async Task What_is_read_is_what_was_published()
    {
        var process = await StartProcessAsync();
        var message = new ChannelMessage("test.rich", new() { ["text"] = "für alle", ["bytes"] = new byte[] { 0, 255 }, ["list"] = new MessageValue[] { 1, 2.5, true, default }, ["map"] = new MessageMap { ["a"] = "b" } });
        var position = await HistoryOf(process).PublishAsync(Room, message with { Except = ["specific.a"] });
        await HistoryOf(process).PublishAsync(Room, ChannelMessage.Forward(WebSocketSend.FromText("forward")));
        var page = await HistoryOf(await StartPeerAsync(process)).ReadAsync(Room, HistoryPosition.Oldest);
        Assert.That(page.Messages[0], Is.EqualTo(message));
        Assert.That(page.Messages[0].Except, Is.EqualTo(new[] { "specific.a" }));
        Assert.That(page.Messages[0].Position, Is.EqualTo(position));
        Assert.That(page.Messages[1].Forwarded, Is.Not.Null);
    }

    [TestCase("")]
    [TestCase("?")]
    [TestCase("*:0")]
    [TestCase(":3")]
    [TestCase("abc")]
    [TestCase("abc:")]
    [TestCase("abc:x")]
    [TestCase("abc:-1")]
    [TestCase("abc:1")]
    [TestCase("abc:99999999999999999999999")]
    [TestCase("a'b:1")]
    [TestCase("E:4", Description = "from the future")]
    [TestCase("E:9223372036854775807", Description = "from the far future")]
    [TestCase("E:-1")]
    [Proves("SR-57")]
    public async Task A_position_that_is_none_of_this_history_is_an_ordinary_answer(string text)
    {
        var process = await StartProcessAsync();
        await PublishAsync(process, 1, 3);
        var newest = (await HistoryOf(process).ReadAsync(Room, HistoryPosition.Oldest)).Newest;
        var since = HistoryPosition.Parse(text.Replace("E", newest.Epoch, StringComparison.Ordinal));
        var page = await HistoryOf(process).ReadAsync(Room, since);
        Assert.That((page.Messages.Count, page.Newest, page.Gone), Is.EqualTo((0, newest, true)));

        var (socket, join) = await JoinAsync(process, since);
        Assert.That(join, Is.EqualTo(new HistoryJoin(newest, Gone: true)));
        await PublishAsync(process, 4, 4);
        Assert.That(await ReceivedAsync(socket, 1), Is.EqualTo(Texts(4, 4)), "only what comes from now on");
    }

    [Test]
    public void A_position_survives_its_text()
    {
        var position = new HistoryPosition("0123456789abcdef", 42);
        Assert.That(HistoryPosition.Parse(position.ToString()), Is.EqualTo(position));
        Assert.That(HistoryPosition.Parse(null), Is.Not.EqualTo(HistoryPosition.Oldest), "nothing is not everything");
    }

    [Test]
    [Proves("SR-57")]
    public async Task No_more_messages_are_kept_than_may_be()
    {
        var process = await StartProcessAsync(options => options.MaxMessages = 10);
        await PublishAsync(process, 1, 25);
        var kept = await HistoryOf(process).ReadAsync(Room, HistoryPosition.Oldest);
        Assert.That(kept.Messages.Select(NumberOf), Is.EqualTo(Enumerable.Range(16, 10).Select(n => (long)n)));
        Assert.That((await HistoryOf(process).ReadAsync(Room, kept.Newest with { Offset = 14 })).Gone, Is.True);
        var all = await HistoryOf(process).ReadAsync(Room, kept.Newest with { Offset = 15 });
        Assert.That((all.Messages.Count, all.Gone), Is.EqualTo((10, false)));
    }

    [Test]
    public async Task No_more_bytes_are_kept_than_may_be_but_the_newest_message_is()
    {
        var process = await StartProcessAsync(options => options.MaxBytes = 10_000);
        for (var n = 1; n <= 20; n++)
        {
            await HistoryOf(process).PublishAsync(Room, new ChannelMessage("test.large", new() { ["n"] = n, ["bytes"] = new byte[2_000] }));
        }

        var kept = await HistoryOf(process).ReadAsync(Room, HistoryPosition.Oldest);
        Assert.That(kept.Messages.Select(NumberOf).Last(), Is.EqualTo(20));
        Assert.That(kept.Messages, Has.Count.InRange(3, 5));
        await HistoryOf(process).PublishAsync(Room, new ChannelMessage("test.large", new() { ["n"] = 21, ["bytes"] = new byte[50_000] }));
        Assert.That((await HistoryOf(process).ReadAsync(Room, HistoryPosition.Oldest)).Messages.Select(NumberOf), Is.EqualTo(new[] { 21L }));
    }

    [Test]
    [Proves("SR-58")]
    public async Task Publishers_at_the_same_time_leave_no_hole()
    {
        var process = await StartProcessAsync(options => options.MaxMessages = 10_000);
        var peer = await StartPeerAsync(process, options => options.MaxMessages = 10_000);
        const int publishers = 8;
        var given = await Task.WhenAll(Enumerable.Range(0, publishers).Select(p => Task.Run(async () =>
        {
            var offsets = new List<long>();
            for (var n = 0; n < Volume / publishers; n++)
            {
                offsets.Add((await HistoryOf(p % 2 == 0 ? process : peer).PublishAsync(Room, Numbered(n))).Offset);
            }

            return offsets;
        })));
        Assert.That(given.Select(offsets => offsets.SequenceEqual(offsets.Order())), Is.All.True, "each publisher's are in the order of publishing");
        Assert.That(given.SelectMany(offsets => offsets).Order(), Is.EqualTo(Enumerable.Range(1, Volume).Select(n => (long)n)));
    }
}
