using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Consumers;

/// <summary>Members of a group are woken together, and yet no one waits for another one's handler.</summary>
public sealed partial class WaveTests : IDisposable
{
    private const int Members = 100;
    private readonly ServiceProvider _services = MemberSocket.Services();
    private readonly Journal _journal = new();
    private readonly Gate _gate = new();

    private IChannelLayer Layer => _services.GetRequiredService<IChannelLayer>();

    public void Dispose() => _services.Dispose();

    [Test]
    public async Task A_handler_that_blocks_its_thread_until_all_others_have_run_does_not_wait_for_ever()
    {
        using var others = new CountdownEvent(Members - 1);
        var turn = 0;
        Action handle = () =>
        {
            if (Interlocked.Increment(ref turn) == 1)
            {
                Assert.That(others.Wait(Eventually.Patience), "the others wait for this handler");
                _journal.Add("all others have run");
            }
            else
            {
                others.Signal();
            }
        };
        var sockets = await OpenAsync(handle);
        await Layer.GroupSendAsync("room", new ChannelMessage("handled"));
        await _journal.Has("all others have run");
        await EndAsync(sockets);
    }

    [Test]
    public async Task Every_member_is_woken_by_every_one_of_many_broadcasts_from_many_threads()
    {
        var handled = 0;
        var sockets = await OpenAsync(() => Interlocked.Increment(ref handled));
        for (var round = 1; round <= 50; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Layer.GroupSendAsync("room", new ChannelMessage("handled")).AsTask())));
            await Eventually.Is(() => Volatile.Read(ref handled) == round * 4 * Members, text: $"all were woken in round {round}");
        }

        await EndAsync(sockets);
    }

    [Test]
    public async Task A_handler_that_waits_after_sending_holds_nobody_back()
    {
        var sender = await MemberSocket.OpenAsync(Consumer.Of<Sender>(_gate, _journal, new ManualResetEventSlim()), _services);
        var sockets = await OpenAsync(() => _journal.Add("handled"));
        await Layer.GroupSendAsync("senders", new ChannelMessage("wait"));
        await _journal.Has("handled"); // although the handler has not ended
        _gate.Open();
        await EndAsync([.. sockets, sender]);
    }

    [Test]
    public async Task A_handler_that_blocks_after_sending_holds_nobody_back()
    {
        using var received = new ManualResetEventSlim();
        var sender = await MemberSocket.OpenAsync(Consumer.Of<Sender>(_gate, _journal, received), _services);
        var handled = 0;
        var sockets = await OpenAsync(() =>
        {
            if (Interlocked.Increment(ref handled) > Members)
            {
                received.Set(); // not by the first broadcast
            }
        });
        await Layer.GroupSendAsync("senders", new ChannelMessage("wait"));
        await _gate.Reached;
        await Layer.GroupSendAsync("senders", new ChannelMessage("block")); // the second event of a burst
        _gate.Open();
        await _journal.Has("heard");
        await EndAsync([.. sockets, sender]);
    }

    [Test]
    public async Task What_a_burst_sends_arrives_whole_and_in_order()
    {
        var sender = await MemberSocket.OpenAsync(Consumer.Of<Sender>(_gate, _journal, new ManualResetEventSlim()), _services);
        var member = await MemberSocket.OpenAsync(Consumer.Of<Echoing>(), _services);
        for (var i = 0; i < 50; i++)
        {
            await Layer.GroupSendAsync("senders", new ChannelMessage("pass.on", new MessageMap { ["n"] = i }));
        }

        await Eventually.Is(() => member.Sent.Length == 50, text: "all have arrived");
        Assert.That(member.Sent, Is.EqualTo(Enumerable.Range(0, 50).Select(i => $"{i}")));
        await EndAsync([sender, member]);
    }

    [Test]
    public async Task A_burst_that_is_known_beforehand_is_held_from_its_first_event_to_its_last()
    {
        var services = new ServiceCollection().AddSingleton<TimeProvider>(new ManualTimeProvider()).AddChannels().Services.BuildServiceProvider();
        await using (services)
        {
            var layer = services.GetRequiredService<IChannelLayer>();
            var handled = 0;
            var member = await MemberSocket.OpenAsync(Consumer.Of<Member>(() => { Interlocked.Increment(ref handled); }), services);
            MemberSocket? sender = null;
            Action look = () =>
            {
                _journal.Add($"handled {Volatile.Read(ref handled)}");
                sender!.HasMoreInput = false; // opened before it is sent to
            };
            sender = await MemberSocket.OpenAsync(Consumer.Of<Looking>(look), services, hasMoreInput: true);
            await layer.GroupSendAsync("senders", new ChannelMessage("look"));
            await _journal.Has("handled 0"); // the wave is held although this was the first event
            await Eventually.Is(() => Volatile.Read(ref handled) == 1, text: "the end of the burst lets it go");
            await EndAsync([sender, member]);
        }
    }

    private static Task EndAsync(IEnumerable<MemberSocket> sockets) => Task.WhenAll(sockets.Select(socket => socket.EndAsync()));

    private async Task<MemberSocket[]> OpenAsync(Action handle) =>
        await Task.WhenAll(Enumerable.Range(0, Members).Select(_ => MemberSocket.OpenAsync(Consumer.Of<Member>(handle), _services)));

    public sealed partial class Member(Action handle) : WebSocketConsumer
    {
        protected override IEnumerable<string> InitialGroups => ["room"];

        [Handles("handled")]
        private void Handled() => handle();
    }

    public sealed partial class Echoing : WebSocketConsumer
    {
        protected override IEnumerable<string> InitialGroups => ["room"];

        [Handles("number")]
        private ValueTask Number(MessageMap fields) => SendTextAsync($"{fields["n"].GetInt64()}");
    }

    public sealed partial class Looking(Action look) : WebSocketConsumer
    {
        protected override IEnumerable<string> InitialGroups => ["senders"];

        [Handles("look")]
        private void Look()
        {
            Assert.That(Groups.SendAsync("room", "handled").IsCompletedSuccessfully);
            using var others = new ManualResetEventSlim();
            ThreadPool.UnsafeQueueUserWorkItem(_ => others.Set(), null); // behind the wave, had it been let go
            others.Wait();
            look();
        }
    }

    public sealed partial class Sender(Gate gate, Journal journal, ManualResetEventSlim received) : WebSocketConsumer
    {
        protected override IEnumerable<string> InitialGroups => ["senders"];

        [Handles("wait")]
        private async Task Wait()
        {
            await Groups.SendAsync("room", "handled");
            await gate.PassAsync();
        }

        [Handles("block")]
        private async Task Block()
        {
            await Groups.SendAsync("room", "handled");
            Assert.That(received.Wait(Eventually.Patience), "nobody was woken while this handler held its thread");
            journal.Add("heard");
        }

        [Handles("pass.on")]
        private ValueTask PassOn(MessageMap fields) => Groups.SendAsync("room", "number", new MessageMap { ["n"] = fields["n"] });
    }
}
