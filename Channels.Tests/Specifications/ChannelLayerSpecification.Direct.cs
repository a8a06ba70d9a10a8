using Channels.Tests.Support;

namespace Channels.Tests.Specifications;

public abstract partial class ChannelLayerSpecification
{
    [Test]
    [Proves("C-MEM-05")]
    public async Task An_opened_channel_can_be_sent_to_by_its_name()
    {
        var layer = await MakeAsync();
        var inbox = await OpenAsync(layer);
        await layer.SendAsync(inbox.Name, Numbered(1));
        Assert.That(NumberOf(await NextAsync(inbox)), Is.EqualTo(1));
        await AssertNothingAsync(layer, inbox);
    }

    [Test]
    [Proves("C-LAYER-14")]
    public async Task Opened_names_are_valid_unguessable_and_never_repeat()
    {
        var layer = await MakeAsync();
        var names = new HashSet<string>();
        for (var i = 0; i < 200; i++)
        {
            var name = (await OpenAsync(layer)).Name;
            Assert.That(ChannelNames.IsChannel(name), name);
            Assert.That(name, Does.StartWith("specific."));
            Assert.That(name[(name.LastIndexOfAny(['!', '.']) + 1)..], Has.Length.GreaterThanOrEqualTo(12), "the random part");
            Assert.That(names.Add(name), "repeated: " + name);
        }
    }

    [Test]
    public async Task The_prefix_of_an_opened_channel_is_the_callers()
    {
        var layer = await MakeAsync();
        await using var inbox = await layer.NewChannelAsync("health");
        Assert.That(inbox.Name, Does.StartWith("health."));
        Assert.That(async () => await layer.NewChannelAsync("no spaces"), Throws.InstanceOf<ArgumentException>());
        Assert.That(async () => await layer.NewChannelAsync("a!b"), Throws.InstanceOf<ArgumentException>());
    }

    [Test]
    [Proves("C-MEM-01", "R-CORE-40")]
    public async Task Messages_of_one_sender_come_in_order()
    {
        var layer = await MakeAsync(new() { Capacity = 1000 });
        var inbox = await OpenAsync(layer);
        for (var i = 0; i < 500; i++)
        {
            await layer.SendAsync(inbox.Name, Numbered(i));
        }

        for (var i = 0; i < 500; i++)
        {
            Assert.That(NumberOf(await NextAsync(inbox)), Is.EqualTo(i));
        }
    }

    [Test]
    [Proves("C-MEM-01")]
    public async Task An_equal_message_comes_back_with_all_eight_types()
    {
        var layer = await MakeAsync();
        var inbox = await OpenAsync(layer);
        var message = new ChannelMessage("test.types", new MessageMap
        {
            ["null"] = MessageValue.Null,
            ["true"] = true,
            ["false"] = false,
            ["int"] = -42,
            ["long"] = long.MinValue,
            ["max"] = long.MaxValue,
            ["unsigned"] = MessageValue.FromUInt64(ulong.MaxValue),
            ["double"] = 0.1,
            ["whole"] = 3.0,
            ["huge"] = double.MaxValue,
            ["text"] = "grüße \u0000 😀 \"quoted\"",
            ["empty"] = "",
            ["bytes"] = new byte[] { 0, 255, 10, 13 },
            ["no bytes"] = Array.Empty<byte>(),
            ["list"] = new MessageValue[] { 1, "two", 3.0, MessageValue.Null, new byte[] { 4 }, new MessageValue[] { 5 } },
            ["map"] = new MessageMap { ["inner"] = new MessageMap { ["x"] = 1 }, [""] = "empty key" },
        });
        await layer.SendAsync(inbox.Name, message);
        var received = await NextAsync(inbox);
        Assert.That(received.Type, Is.EqualTo("test.types"));
        Assert.That(received.Fields, Is.EqualTo(message.Fields));
        Assert.That(received.Fields["whole"].Kind, Is.EqualTo(MessageValueKind.Double), "doubles stay doubles");
        Assert.That(received.Fields["bytes"].Kind, Is.EqualTo(MessageValueKind.Bytes), "bytes stay bytes");
    }

    [Test]
    public async Task A_message_without_content_comes_back_so()
    {
        var layer = await MakeAsync();
        var inbox = await OpenAsync(layer);
        await layer.SendAsync(inbox.Name, new ChannelMessage("test.empty"));
        var received = await NextAsync(inbox);
        Assert.That(received.Type, Is.EqualTo("test.empty"));
        Assert.That(received.Fields, Has.Count.Zero);
    }

    [Test]
    public async Task Typed_records_come_back_equal()
    {
        var layer = await MakeAsync();
        var peer = await MakePeerAsync(layer);
        var inbox = await OpenAsync(layer);
        var sent = new TypedSample("ann", 1.0, [1, 2, 3], new("deep", new byte[] { 9 }), ["a", "b"]);
        await peer.SendAsync(inbox.Name, sent);
        var received = await NextAsync(inbox);
        Assert.That(received.Type, Is.EqualTo(TypedSample.MessageType));
        Assert.That(received.TryRead<TypedSample>(out var body, out var error), error);
        Assert.That(body!.User, Is.EqualTo("ann"));
        Assert.That(body.Score, Is.EqualTo(1.0));
        Assert.That(body.Picture, Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(body.Nested.Blob.ToArray(), Is.EqualTo(new byte[] { 9 }));
        Assert.That(body.Tags, Is.EqualTo(["a", "b"]));
        Assert.That(received.Fields["picture"].Kind, Is.EqualTo(MessageValueKind.Bytes));
        Assert.That(received.Fields["score"].Kind, Is.EqualTo(MessageValueKind.Double));
    }

    [Test]
    [Proves("REL-14")]
    public async Task A_message_of_one_mebibyte_passes()
    {
        var layer = await MakeAsync();
        var inbox = await OpenAsync(layer);
        var text = string.Concat(Enumerable.Repeat("0123456789abcdef", 65536));
        await layer.SendAsync(inbox.Name, new ChannelMessage("test.large", new() { ["text"] = text }));
        Assert.That((await NextAsync(inbox)).Fields["text"].GetText(), Is.EqualTo(text));
    }

    [Test]
    public async Task Giving_up_an_inbox_receive_loses_nothing()
    {
        var layer = await MakeAsync();
        var inbox = await OpenAsync(layer);
        for (var i = 0; i < 50; i++)
        {
            using var impatience = new CancellationTokenSource();
            var waiting = inbox.ReceiveAsync(impatience.Token).AsTask();
            var cancelling = impatience.CancelAsync();
            await layer.SendAsync(inbox.Name, Numbered(i));
            await cancelling;
            var received = await waiting.ContinueWith(task => task.IsCompletedSuccessfully ? task.Result : null, TaskScheduler.Default) ?? await NextAsync(inbox);
            Assert.That(NumberOf(received), Is.EqualTo(i));
        }
    }

    [Test]
    public async Task A_closed_inbox_ends_its_reader_and_sending_to_it_is_no_error()
    {
        var layer = await MakeAsync();
        var inbox = await OpenAsync(layer);
        var waiting = inbox.ReceiveAsync().AsTask();
        await inbox.DisposeAsync();
        Assert.That(async () => await waiting, Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(async () => await inbox.ReceiveAsync(), Throws.InstanceOf<ObjectDisposedException>());
        await layer.SendAsync(inbox.Name, Numbered(1));
        await inbox.DisposeAsync();
    }
}
