using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Consumers;

/// <summary>A kind of consumer says what it passes on unchanged: one answer per message and process, shared by all receivers.</summary>
public sealed partial class PassOnTests : IDisposable
{
    private readonly ServiceProvider _services = MemberSocket.Services();
    private readonly Journal _journal = new();

    private IChannelLayer Layer => _services.GetRequiredService<IChannelLayer>();

    public void Dispose() => _services.Dispose();

    [TestCase(false)]
    [TestCase(true)]
    public async Task Its_answer_is_kept_with_the_message_and_sent_to_every_peer(bool wrapped)
    {
        var sockets = await OpenAsync(20, wrapped);
        var tick = new ChannelMessage("tick", new MessageMap { ["n"] = 1 });
        var handled = new ChannelMessage("handled", new MessageMap { ["n"] = 2 });
        await Layer.GroupSendAsync("room", tick);
        await Layer.GroupSendAsync("room", handled);
        await Layer.GroupSendAsync("room", new ChannelMessage("tick", new MessageMap { ["n"] = 3 }));
        foreach (var socket in sockets)
        {
            await Eventually.Is(() => socket.Sent.Length == 3);
            Assert.That(socket.Sent.Select(text => text.TrimStart('>')), Is.EqualTo(["tick 1", "handled 2", "tick 3"]), "order holds between the two ways");
            Assert.That(wrapped && socket.Sent.Any(text => text[0] == '>'), Is.False, "who wraps Send sees it all");
        }

        Assert.That(sockets.Select(socket => socket.SentEvents[0]), Is.All.SameAs(sockets[0].SentEvents[0]), "so it is framed once, too");

        // Whoever saw it first in the same moment may have asked; from now on it is known.
        var asked = (_journal.Count("asked 1"), _journal.Count("asked 2"));
        Assert.That((asked.Item1 > 0, asked.Item2 > 0), Is.EqualTo((true, true)));
        await Layer.GroupSendAsync("room", tick);
        await Layer.GroupSendAsync("room", handled);
        await Task.WhenAll(sockets.Select(socket => Eventually.Is(() => socket.Sent.Length == 5)));
        Assert.That((_journal.Count("asked 1"), _journal.Count("asked 2")), Is.EqualTo(asked));
        await Task.WhenAll(sockets.Select(socket => socket.EndAsync()));
    }

    [Test]
    public void Readers_that_ask_in_the_same_moment_send_the_same()
    {
        var message = new ChannelMessage("tick");
        Event? faster = null;
        var rule = new Rule(() =>
        {
            faster = message.PassedOnBy(new Rule(() => WebSocketSend.FromText("of another reader, meanwhile")));
            return WebSocketSend.FromText("late");
        });
        Assert.That(message.PassedOnBy(rule), Is.SameAs(faster));
        Assert.That(faster, Is.Not.Null);
    }

    [Test]
    public void What_each_kind_passes_on_is_kept_beside_what_handlers_sent([Values] bool sendsFirst)
    {
        var own = WebSocketSend.FromText("what it says itself");
        var other = WebSocketSend.FromText("what one kind makes of it");
        var message = ChannelMessage.Forward(own);
        (Type Kind, Event? PassedOn)[] kinds = [(typeof(int), own), (typeof(string), other), (typeof(long), own), (typeof(char), null)];
        var sends = Enumerable.Range(0, 6).Select(i => (Source: $"text {i}", Send: WebSocketSend.FromText($"text {i}"))).ToArray();
        if (sendsFirst)
        {
            Keep();
        }

        foreach (var (kind, passedOn) in kinds)
        {
            Assert.That(message.TryGetPassedOn(kind, out _), Is.False);
            Assert.That(message.PassedOnBy(new KindRule(kind, passedOn)), Is.SameAs(passedOn));
        }

        if (!sendsFirst)
        {
            Keep();
        }

        foreach (var (kind, passedOn) in kinds)
        {
            Assert.That((message.TryGetPassedOn(kind, out var kept), kept), Is.EqualTo((true, passedOn)));
            Assert.That(message.PassedOnBy(new KindRule(kind, WebSocketSend.FromText("late"))), Is.SameAs(passedOn));
        }

        Assert.That(sends.Select(send => message.Prepared.FindSend(send.Source, null, WebSocketMessageKind.Text)), Is.EqualTo(sends.Select((send, i) => i < 4 ? send.Send : null)), "no more than are worth a search");
        Assert.That(message.Prepared.FindSend(typeof(string), null, WebSocketMessageKind.Text), Is.Null, "a kind is nothing that was sent");

        void Keep() => Assert.That(sends.Select(send => message.Prepared.KeepSend(send.Source, null, send.Send)), Is.EqualTo(sends.Select(send => send.Send)));
    }

    [Test]
    public async Task A_rule_that_throws_is_the_consumers_own_failure_and_costs_no_other_member()
    {
        var sockets = await OpenAsync(2, wrapped: false);
        await Layer.GroupSendAsync("room", new ChannelMessage("broken"));
        Assert.That(async () => await Task.WhenAll(sockets.Select(socket => socket.Running)).WaitAsync(Eventually.Patience), Throws.TypeOf<FormatException>());

        var sound = (await OpenAsync(1, wrapped: false))[0];
        await Layer.GroupSendAsync("room", new ChannelMessage("tick", new MessageMap { ["n"] = 1 }));
        await Eventually.Is(() => sound.Sent.Length == 1);
        await sound.EndAsync();
    }

    private Task<MemberSocket[]> OpenAsync(int count, bool wrapped) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(_ => MemberSocket.OpenAsync(Consumer.Of<Ticker>(_journal), _services, wrapped)));

    private sealed class Rule(Func<Event> passOn) : IPassOnRule
    {
        public Type Kind => typeof(Ticker);

        public Event PassOn(ChannelMessage message) => passOn();
    }

    private sealed class KindRule(Type kind, Event? passedOn) : IPassOnRule
    {
        public Type Kind => kind;

        public Event? PassOn(ChannelMessage message) => passedOn;
    }

    public sealed partial class Ticker(Journal journal) : WebSocketConsumer
    {
        protected override IEnumerable<string> InitialGroups => ["room"];

        protected override Event? PassOn(ChannelMessage message)
        {
            if (message.Type == "broken")
            {
                throw new FormatException();
            }

            journal.Add($"asked {message.Fields["n"].GetInt64()}");
            return message.Type == "tick" ? WebSocketSend.FromText($"tick {message.Fields["n"].GetInt64()}") : base.PassOn(message);
        }

        [Handles("handled")]
        private ValueTask Handled(MessageMap fields) => SendTextAsync($"handled {fields["n"].GetInt64()}");
    }
}
