using Channels.Tests.Consumers;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Specifications;

/// <summary>The contract of presence, proven on every one by deriving from this fixture.</summary>
public abstract class GroupPresenceSpecification
{
    private const string Room = "room";
    private readonly List<ServiceProvider> _processes = [];
    private readonly List<MemberSocket> _sockets = [];

    /// <summary>Registers the layer under test, with its presence.</summary>
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

    private protected async Task<ServiceProvider> StartProcessAsync(Action<PresenceOptions>? configure = null)
    {
        var services = new ServiceCollection();
        await AddLayerAsync(services.AddChannels());
        services.Configure<PresenceOptions>(options => configure?.Invoke(options));
        var process = services.BuildServiceProvider();
        _processes.Add(process);
        return process;
    }

    /// <summary>Another process of the fleet; the same one for a layer of one process.</summary>
    private protected virtual Task<ServiceProvider> StartPeerAsync(ServiceProvider process) => StartProcessAsync();

    private protected static IGroupPresence PresenceOf(ServiceProvider process) => process.GetRequiredService<IGroupPresence>();

    private protected async Task<MemberSocket> JoinAsync(ServiceProvider process, string? key, bool watches = true)
    {
        var socket = await MemberSocket.OpenAsync(Consumer.Of<WatchingMember>(new WatchPlan(key, Watches: watches)), process);
        _sockets.Add(socket);
        return socket;
    }

    private protected static async Task<string[]> ReceivedAsync(MemberSocket socket, int count)
    {
        await Eventually.Is(() => socket.Sent.Length >= count, Patience, text: $"{count} messages");
        return [.. socket.Sent.Select(text => text.TrimStart('>'))];
    }

    private protected static async Task<string[]> KeysAsync(ServiceProvider process) => [.. (await PresenceOf(process).ListAsync(Room)).Entries.Select(entry => entry.Key)];

    [Test]
    [Proves("SR-64", "SR-67")]
    public async Task Several_connections_of_one_key_count_once_wherever_they_are()
    {
        var process = await StartProcessAsync();
        var peer = await StartPeerAsync(process);
        var watcher = await JoinAsync(process, "b");
        var first = await JoinAsync(process, "a", watches: false);
        var second = await JoinAsync(peer, "a");
        await JoinAsync(peer, "c", watches: false);
        Assert.That(await ReceivedAsync(watcher, 3), Is.EqualTo(new[] { "here b", "+a", "+c" }));
        Assert.That(await ReceivedAsync(second, 2), Is.EqualTo(new[] { "here a b", "+c" }));
        await first.EndAsync();
        Assert.That(await KeysAsync(peer), Is.EqualTo(new[] { "a", "b", "c" }), "the other connection is there");
        await second.EndAsync();
        Assert.That((await ReceivedAsync(watcher, 4))[3], Is.EqualTo("-a"));
        Assert.That(await KeysAsync(process), Is.EqualTo(new[] { "b", "c" }));
    }

    [Test]
    [Proves("SR-65")]
    public async Task Who_comes_back_within_the_grace_was_never_away_and_a_stop_waits_for_nobody()
    {
        var process = await StartProcessAsync(options => options.Grace = TimeSpan.FromMinutes(1));
        var peer = await StartPeerAsync(process);
        var watcher = await JoinAsync(peer, key: null);
        var first = await JoinAsync(process, "a", watches: false);
        await JoinAsync(process, "b", watches: false);
        await first.EndAsync();
        Assert.That(await KeysAsync(peer), Is.EqualTo(new[] { "a", "b" }));
        var second = await JoinAsync(process, "a", watches: false);
        await PresenceOf(peer).TrackAsync(Room, "specific.end", "end");
        Assert.That(await ReceivedAsync(watcher, 4), Is.EqualTo(new[] { "here ", "+a", "+b", "+end" }));
        await second.EndAsync();
        await process.GetRequiredKeyedService<PresenceGrace>("default").DisposeAsync(); // as when the host stops
        Assert.That((await ReceivedAsync(watcher, 5))[4], Is.EqualTo("-a"));
    }

    [Test]
    public async Task A_list_comes_in_pages_in_order_with_metadata()
    {
        var process = await StartProcessAsync();
        await Task.WhenAll(Enumerable.Range(0, 250).Select(n => PresenceOf(process).TrackAsync(Room, $"specific.{n}", $"user {n:D3}", new() { ["n"] = n }).AsTask()));
        List<PresenceEntry> entries = [];
        PresencePage page;
        do
        {
            page = await PresenceOf(await StartPeerAsync(process)).ListAsync(Room, entries.LastOrDefault()?.Key, max: 100);
            entries.AddRange(page.Entries);
        }
        while (page.HasMore);
        Assert.That(entries.Select(entry => entry.Key), Is.EqualTo(Enumerable.Range(0, 250).Select(n => $"user {n:D3}")));
        Assert.That(entries.Select(entry => entry.Metadata["n"].GetInt64()), Is.EqualTo(Enumerable.Range(0, 250)));
        Assert.That((await PresenceOf(process).ListAsync(Room, "user 249")).Entries, Is.Empty);
        Assert.That((await PresenceOf(process).ListAsync("empty")).Entries, Is.Empty);
        Assert.That(async () => await PresenceOf(process).ListAsync(Room, max: 0), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public async Task Tracking_again_changes_key_or_metadata_and_what_changes_nothing_is_no_news()
    {
        var process = await StartProcessAsync();
        var watcher = await JoinAsync(process, key: null);
        var presence = PresenceOf(await StartPeerAsync(process));
        await presence.TrackAsync(Room, "specific.a", "line\nbreak");
        await presence.TrackAsync(Room, "specific.a", "line\nbreak");
        await presence.TrackAsync(Room, "specific.a", "line\nbreak", new() { ["busy"] = true });
        await presence.TrackAsync(Room, "specific.a", "other");
        await presence.UntrackAsync(Room, "specific.a");
        await presence.UntrackAsync(Room, "specific.a");
        await presence.TrackAsync(Room, "specific.b", "end");
        Assert.That(await ReceivedAsync(watcher, 7), Is.EqualTo(new[] { "here ", "+line\nbreak", "+line\nbreak", "-line\nbreak", "+other", "-other", "+end" }));
        Assert.That(await KeysAsync(process), Is.EqualTo(new[] { "end" }));
    }

    [Test]
    public async Task What_is_too_large_is_refused_by_name()
    {
        var presence = PresenceOf(await StartProcessAsync(options => options.MaxMetadataBytes = 200));
        Assert.That(async () => await presence.TrackAsync(Room, "specific.a", "a", new() { ["text"] = new string('x', 200) }), Throws.ArgumentException.With.Message.Contains("MaxMetadataBytes (200)"));
        Assert.That(async () => await presence.TrackAsync(Room, "specific.a", new string('x', 257)), Throws.ArgumentException.With.Message.Contains("256"));
        Assert.That(async () => await presence.TrackAsync(Room, "specific.a", ""), Throws.ArgumentException);
        Assert.That((await presence.ListAsync(Room)).Entries, Is.Empty);
    }

    [Test]
    public async Task What_no_message_can_carry_is_refused_and_leaves_what_was_there()
    {
        var presence = PresenceOf(await StartProcessAsync());
        await presence.TrackAsync(Room, "specific.a", "a");
        Assert.That(async () => await presence.TrackAsync(Room, "specific.a", "b", new() { ["text"] = "half \ud83d" }), Throws.ArgumentException.With.Message.Contains("surrogate"));
        var there = await presence.ListAsync(Room);
        Assert.That(there.Entries.Select(entry => entry.Key), Is.EqualTo(new[] { "a" }));
        await presence.TrackAsync(Room, "specific.a", "a");
        Assert.That((await presence.ListAsync(Room)).Position, Is.EqualTo(there.Position), "it never left");
    }

    [Test]
    public async Task Whatever_comes_and_goes_at_the_same_time_watchers_know_who_is_there_in_the_end()
    {
        var process = await StartProcessAsync();
        var peer = await StartPeerAsync(process);
        MemberSocket[] watchers = [await JoinAsync(process, key: null), await JoinAsync(peer, key: null)];
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            var random = new Random(worker);
            var presence = PresenceOf(worker % 2 == 0 ? process : peer);
            for (var i = 0; i < 60; i++)
            {
                var connection = $"specific.{worker}.{random.Next(3)}";
                await (random.Next(2) == 0 ? presence.TrackAsync(Room, connection, $"k{random.Next(6)}") : presence.UntrackAsync(Room, connection));
            }
        })));
        await PresenceOf(process).TrackAsync(Room, "specific.end", "last");
        var there = await KeysAsync(peer);
        foreach (var watcher in watchers)
        {
            await Eventually.Is(() => watcher.Sent.Contains("+last"), Patience);
            HashSet<string> known = [];
            foreach (var text in watcher.Sent.Skip(1))
            {
                Assert.That(text[0] == '+' ? known.Add(text[1..]) : known.Remove(text[1..]), Is.True, "each news changes something");
            }

            Assert.That(known.Order(StringComparer.Ordinal), Is.EqualTo(there));
        }
    }
}
