using System.Collections.Concurrent;
using Channels.Extending;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Consumers;

/// <summary>The presence of a consumer ends with it, whatever its presence fails at.</summary>
public sealed class PresenceEndTests
{
    [Test]
    public async Task A_group_whose_presence_cannot_be_ended_keeps_no_other_from_being_left()
    {
        var presence = new FaultyPresence();
        await using var services = Services(presence);
        var socket = await MemberSocket.OpenAsync(Consumer.Of<Present>(), services);
        presence.Refused = "a";
        Assert.That(socket.EndAsync, Throws.TypeOf<AggregateException>().With.InnerException.TypeOf<InvalidOperationException>());
        Assert.That(presence.Groups, Is.EqualTo(new[] { "a" }));
    }

    [Test]
    public async Task Who_is_tracked_while_the_consumer_ends_is_not_left_behind_although_the_tracking_fails()
    {
        var presence = new FaultyPresence();
        await using var services = Services(presence);
        var socket = await MemberSocket.OpenAsync(Consumer.Of<Present>(), services);
        var tracking = presence.Consumer!.TrackLateAsync("late");
        await socket.EndAsync();
        presence.LetLate.SetResult();
        Assert.That(async () => await tracking, Throws.TypeOf<ChannelLayerUnavailableException>());
        Assert.That(presence.Groups, Is.Empty);
    }

    private static ServiceProvider Services(FaultyPresence presence) =>
        new ServiceCollection().AddChannels().AddPresence(ChannelLayerAliases.Default, _ => presence).Services.AddSingleton(presence).BuildServiceProvider();

    private sealed class Present(FaultyPresence presence) : WebSocketConsumer
    {
        public async Task TrackLateAsync(string group) => await Groups.TrackAsync(group, "key");

        protected override async ValueTask OnConnectAsync()
        {
            presence.Consumer = this;
            await Groups.TrackAsync("a", "key");
            await Groups.TrackAsync("b", "key");
            await AcceptAsync();
        }
    }

    // Notes who is there as one over a network does, although it fails.
    private sealed class FaultyPresence : IGroupPresence
    {
        private readonly ConcurrentDictionary<string, bool> _groups = new();

        public Present? Consumer { get; set; }

        public string? Refused { get; set; }

        public TaskCompletionSource LetLate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IEnumerable<string> Groups => _groups.Keys;

        public async ValueTask TrackAsync(string group, string connection, string key, MessageMap? metadata = null, CancellationToken cancellationToken = default)
        {
            await (group == "late" ? LetLate.Task : Task.CompletedTask);
            _groups[group] = true;
            if (group == "late")
            {
                throw new ChannelLayerUnavailableException("default", "it is away.");
            }
        }

        public ValueTask UntrackAsync(string group, string connection, CancellationToken cancellationToken = default)
        {
            if (group == Refused)
            {
                throw new InvalidOperationException();
            }

            _groups.TryRemove(group, out _);
            return ValueTask.CompletedTask;
        }

        public ValueTask<PresencePage> ListAsync(string group, string? after = null, int max = 1_000, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
