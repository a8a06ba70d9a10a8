using Channels.Testing;

namespace Channels.Tests.History;

/// <summary>When a consumer's messages are read from a history that is away.</summary>
public sealed class MissedMessagesTests
{
    private readonly ManualTimeProvider _clock = new();
    private readonly HistoryThatIsAway _history = new();
    private Mailbox _mailbox = null!;
    private MissedMessages _missed = null!;

    [SetUp]
    public async Task FollowAsync()
    {
        _mailbox = new Mailbox("member", new(0, InboxFullMode.Refuse, _clock));
        _missed = new MissedMessages(_history, _mailbox, static _ => { });
        var cursor = new GroupCursor("room");
        _missed.Followed.Set(cursor);
        await _missed.BeginAsync(cursor, since: null);
        Assert.That(_missed.TryTake(out _), Is.False);
        await _history.AppendAsync("room", new("test.one"));
        _history.IsAway = true;
        _mailbox.Doubt("room");
        Assert.That(_missed.TryTake(out _), Is.False, "it is away");
        _history.IsAway = false;
        Assert.That(_missed.TryTake(out _), Is.False, "nobody has said that it is back");
    }

    [TearDown]
    public void End() => _missed.End();

    [Test]
    public void Who_knows_that_the_history_is_back_has_it_read_at_once()
    {
        _mailbox.Doubt("room");
        Assert.That(_missed.TryTake(out var message), Is.True);
        Assert.That(message!.Type, Is.EqualTo("test.one"));
    }

    [Test]
    public void When_nobody_says_so_it_is_read_again_after_a_second()
    {
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.That(_missed.TryTake(out var message), Is.True);
        Assert.That(message!.Type, Is.EqualTo("test.one"));
    }

    private sealed class HistoryThatIsAway : IGroupHistory
    {
        private readonly InMemoryHistory _history = new(new InMemoryChannelLayer(), new(), TimeProvider.System);

        public bool IsAway { get; set; }

        public ValueTask<HistoryPosition> PublishAsync(string group, ChannelMessage message, CancellationToken cancellationToken = default) => _history.PublishAsync(group, message, cancellationToken);

        public ValueTask<HistoryPosition> AppendAsync(string group, ChannelMessage message, CancellationToken cancellationToken = default) => _history.AppendAsync(group, message, cancellationToken);

        public ValueTask<HistoryPage> ReadAsync(string group, HistoryPosition after, int max = 100, CancellationToken cancellationToken = default) =>
            IsAway ? throw new ChannelLayerUnavailableException("default", "away") : _history.ReadAsync(group, after, max, cancellationToken);
    }
}
