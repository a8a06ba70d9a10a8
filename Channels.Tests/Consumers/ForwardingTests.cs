using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Consumers;

/// <summary>What every member passes on unchanged goes past the sleeping consumer, in the same order as everything else.</summary>
public sealed partial class ForwardingTests : IDisposable
{
    private readonly ServiceProvider _services = MemberSocket.Services();

    private IChannelLayer Layer => _services.GetRequiredService<IChannelLayer>();

    public void Dispose() => _services.Dispose();

    [Test]
    public async Task A_forwarded_message_passes_the_sleeping_consumer_by()
    {
        var socket = await OpenAsync();
        await Layer.GroupSendAsync("room", Forward("a"));
        await Layer.GroupSendAsync("room", Forward("b"));
        await Has(socket, 2);
        Assert.That(socket.Sent, Is.EqualTo(new[] { ">a", ">b" }).Or.EqualTo(new[] { ">a", "b" })); // the loop may be awake still
        await socket.EndAsync();
    }

    [Test]
    public async Task Whoever_wraps_send_sees_what_is_forwarded()
    {
        var socket = await OpenAsync(wrapped: true);
        await Layer.GroupSendAsync("room", Forward("a"));
        await Has(socket, 1);
        Assert.That(socket.Sent, Is.EqualTo(new[] { "a" }));
        await socket.EndAsync();
    }

    [Test]
    public async Task Forwarded_and_handled_messages_keep_their_order()
    {
        var socket = await OpenAsync();
        for (var i = 0; i < 2_000; i++)
        {
            await Layer.GroupSendAsync("room", i % 3 == 0 ? new ChannelMessage("handled", new MessageMap { ["n"] = i }) : Forward($"{i}"));
            if (i % 50 == 49)
            {
                await Has(socket, i + 1); // the inbox holds no more than its capacity
            }
        }

        Assert.That(socket.Sent.Select(text => text.TrimStart('>')), Is.EqualTo(Enumerable.Range(0, 2_000).Select(i => $"{i}")));
        Assert.That(socket.Sent.Count(text => text[0] == '>'), Is.Positive, "some passed it by");
        await socket.EndAsync();
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(20)]
    public async Task What_the_output_has_no_room_for_is_sent_by_the_consumer_itself_once_and_in_order(int room)
    {
        var socket = await OpenAsync();
        socket.Room = room;
        for (var i = 0; i < 40; i++)
        {
            await Layer.GroupSendAsync("room", Forward($"{i}"));
        }

        await Has(socket, 40);
        Assert.That(socket.Sent.Select(text => text.TrimStart('>')), Is.EqualTo(Enumerable.Range(0, 40).Select(i => $"{i}")));
        Assert.That(socket.Sent.Count(text => text[0] == '>'), Is.LessThanOrEqualTo(room));
        await socket.EndAsync();
    }

    [Test]
    public async Task An_output_that_throws_hurts_no_other_member_and_loses_nothing()
    {
        var broken = await OpenAsync();
        var sound = await OpenAsync();
        broken.Fault = new InvalidOperationException("broken");
        await Layer.GroupSendAsync("room", Forward("a"));
        await Has(broken, 1);
        await Has(sound, 1);
        Assert.That((broken.Sent, sound.Sent), Is.EqualTo((new[] { "a" }, new[] { ">a" })));
        await broken.EndAsync();
        await sound.EndAsync();
    }

    [Test]
    public async Task A_handwritten_dispatch_never_sees_what_is_forwarded()
    {
        var socket = await MemberSocket.OpenAsync(Consumer.Of<Strict>(), _services, wrapped: true);
        await Layer.GroupSendAsync("room", Forward("a"));
        await Has(socket, 1);
        await socket.EndAsync(); // fails when the consumer has
    }

    private static ChannelMessage Forward(string text) => ChannelMessage.Forward(WebSocketSend.FromText(text));

    private static Task Has(MemberSocket socket, int count) => Eventually.Is(() => socket.Sent.Length >= count, text: $"{count} messages are sent");

    private Task<MemberSocket> OpenAsync(bool wrapped = false) => MemberSocket.OpenAsync(Consumer.Of<Member>(), _services, wrapped);

    public sealed partial class Member : WebSocketConsumer
    {
        protected override IEnumerable<string> InitialGroups => ["room"];

        [Handles("handled")]
        private ValueTask Handled(MessageMap fields) => SendTextAsync($"{fields["n"].GetInt64()}");
    }

    public sealed class Strict : WebSocketConsumer
    {
        protected override IEnumerable<string> InitialGroups => ["room"];

        protected override ValueTask DispatchAsync(Event message) =>
            message is ChannelMessage ? throw new InvalidOperationException("dispatched") : base.DispatchAsync(message);
    }
}
