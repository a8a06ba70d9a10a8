using System.Globalization;
using Channels.Layers.Redis;
using Channels.Testing;
using Channels.Tests.Consumers;
using Channels.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Layers.Redis;

/// <summary>The lease of a process over Redis: how long others take it, and those that it has told, for alive.</summary>
public sealed class PresenceLeaseTests : RedisTestBase
{
    private const string Room = "room";
    private const string Dead = "00000000000000000000000000000000";
    private const string LeasesKey = "asgi:presence:{processes}:leases";
    private const string DyingKey = "asgi:presence:{processes}:dying";
    private const string ConnectionsKey = $"asgi:presence:{{presence.{Room}}}:connections";
    private const string DeadIndex = $"asgi:presence:process:{Dead}";
    private const int FailedEvent = 5050;
    private readonly ManualTimeProvider _time = new();
    private readonly LogRecorder _log = new();

    [TearDown]
    public void EndLog() => _log.Dispose();

    [Test]
    public Task The_lease_is_renewed_however_long_it_takes_to_tell_everything_again() =>
        AssertRenewedAsync(PresenceNews.Joined, server => server.CommandAsync("DEL", LeasesKey)); // as if others had taken this process for dead

    [Test]
    public Task The_lease_is_renewed_however_long_it_takes_to_take_another_process_away() =>
        AssertRenewedAsync(PresenceNews.Left, server => DieAsync(server, $"{Room}\nspecific.b\nb"));

    [Test]
    public async Task A_process_that_stops_and_could_not_say_that_somebody_has_left_lets_its_lease_end_so_that_others_do()
    {
        var server = await StartServerAsync();
        var (presence, process) = MakePresence(server);
        await presence.TrackAsync(Room, "specific.a", "a");
        await server.CommandAsync("SET", ConnectionsKey, "in the way"); // each script that takes somebody away is refused
        await presence.DisposeAsync();
        Assert.That(await LeaseAsync(server, process), Is.Not.Null);
    }

    [Test]
    public async Task A_process_that_stops_and_left_nobody_behind_gives_its_lease_up()
    {
        var server = await StartServerAsync();
        var (presence, process) = MakePresence(server);
        await presence.TrackAsync(Room, "specific.a", "a");
        await presence.DisposeAsync();
        Assert.That(await LeaseAsync(server, process), Is.Null);
        Assert.That(await server.CommandAsync("KEYS", "asgi:presence:*"), Is.EqualTo("*0\n"));
    }

    [Test]
    public async Task Who_left_while_he_was_told_again_has_left_when_the_process_has_stopped()
    {
        using var serializer = new HeldSerializer(PresenceNews.Joined);
        var server = await StartServerAsync();
        var ((presence, process), (peer, _)) = (MakePresence(server, serializer), MakePresence(server));
        try
        {
            await presence.TrackAsync(Room, "specific.a", "a");
            serializer.Hold();
            await server.CommandAsync("DEL", LeasesKey);
            await PassTimeUntilAsync(() => Task.FromResult(serializer.Holds));
            await presence.UntrackAsync(Room, "specific.a");
            var stopping = presence.DisposeAsync();
            serializer.Release(); // what was held back reaches the server, and nobody waits for its answer
            await stopping;
        }
        finally
        {
            serializer.Release();
        }

        Assert.That(await KeysAsync(peer), Is.Empty);
        Assert.That(await LeaseAsync(server, process), Is.Null);
    }

    [Test]
    public async Task What_cannot_be_written_is_refused_and_neither_ends_the_lease_nor_what_others_are_told()
    {
        var server = await StartServerAsync();
        void UseJson(RedisLayerOptions options) => options.SerializerFormat = "json";
        var ((presence, process), (peer, _)) = (MakePresence(server, UseJson), MakePresence(server, UseJson));
        Assert.That(async () => await presence.TrackAsync(Room, "specific.bad", "bad", new() { ["picture"] = new byte[] { 1 } }), Throws.ArgumentException.With.Message.Contains("bytes"));
        await presence.TrackAsync(Room, "specific.b", "b");
        await server.CommandAsync("FLUSHALL");
        await PassTimeUntilAsync(async () => await KeysAsync(peer) is ["b"]);
        await RenewedAsync(server, process);
        await RenewedAsync(server, process);
        Assert.That(await KeysAsync(peer), Is.EqualTo(new[] { "b" }));
        Assert.That(_log.Lines.Select(line => line.Id), Has.No.Member(FailedEvent));
    }

    [Test]
    public async Task Who_cannot_be_taken_away_by_one_process_is_left_to_another_and_keeps_nobody_else()
    {
        var server = await StartServerAsync();
        var longKey = new string('\u007f', 256); // six bytes each in JSON: its news are too large for this process
        var (presence, process) = MakePresence(server, options => (options.SerializerFormat, options.MaxMessageBytes) = ("json", 1024));
        await presence.TrackAsync(Room, "specific.a", "a");
        await DieAsync(server, $"{Room}\nspecific.b\n{longKey}", $"{Room}\nspecific.c\nc", $"{Room}\nspecific.d\né"); // the last is not even text: no UTF-8
        await PassTimeUntilAsync(async () => await server.CommandAsync("SCARD", DeadIndex) == ":1\n");
        await PassTimeUntilAsync(() => Task.FromResult(_log.Lines.Any(line => line.Id == FailedEvent)));
        await RenewedAsync(server, process);
        await RenewedAsync(server, process);
        Assert.That(await server.CommandAsync("ZSCORE", DyingKey, Dead), Does.StartWith("$").And.Not.StartWith("$-1"), "it is marked as one that is to be taken away");
        await server.CommandAsync("ZADD", DyingKey, "1", Dead); // as if the time of this one were over
        var (other, _) = MakePresence(server, options => options.SerializerFormat = "json");
        await KeysAsync(other);
        await PassTimeUntilAsync(async () => await server.CommandAsync("EXISTS", DeadIndex, DyingKey) == ":0\n");
    }

    [Test]
    public async Task What_is_told_again_is_no_news_although_it_is_encrypted()
    {
        var server = await StartServerAsync();
        var (presence, _) = MakePresence(server, options => options.SymmetricEncryptionKeys.Add("secret"));
        await presence.TrackAsync(Room, "specific.a", "a", new() { ["device"] = "phone" });
        var (first, before) = ((await presence.ListAsync(Room)).Position, await server.CallsAsync("hset"));
        await presence.TrackAsync(Room, "specific.a", "a", new() { ["device"] = "phone" });
        await server.CommandAsync("DEL", LeasesKey);
        await PassTimeUntilAsync(async () => await server.CallsAsync("hset") >= before + 6); // two for each telling: by hand, and the two that follow a lost lease
        Assert.That((await presence.ListAsync(Room)).Position, Is.EqualTo(first));
    }

    private static async Task<string[]> KeysAsync(RedisPresence presence) => [.. (await presence.ListAsync(Room)).Entries.Select(entry => entry.Key)];

    private (RedisPresence Presence, string Process) MakePresence(RedisServer server, IMessageSerializer serializer) => MakePresence(server, options =>
    {
        options.AddSerializer(serializer);
        options.SerializerFormat = serializer.Format;
    });

    private (RedisPresence Presence, string Process) MakePresence(RedisServer server, Action<RedisLayerOptions>? configure = null)
    {
        var options = RedisOptions.For(server);
        options.CommandTimeout = options.PingInterval = TimeSpan.FromMinutes(5); // the clock is moved for the leases alone
        configure?.Invoke(options);
        IHistoryLayer layer = Own(new RedisCoreLayer(options: options, time: _time, logger: _log.CreateLogger<RedisCoreLayer>()));
        return (Own(new RedisPresence(layer, new(), new())), layer.Parts.ProcessId);
    }

    // A process whose lease has ended, and what it has told.
    private static async Task DieAsync(RedisServer server, params string[] places)
    {
        await server.CommandAsync(["SADD", DeadIndex, .. places]);
        await server.CommandAsync("ZADD", LeasesKey, "1", Dead);
    }

    // What begins with something on the server is held in the middle of writing its news, and the lease is renewed all the same.
    private async Task AssertRenewedAsync(string news, Func<RedisServer, Task> begin)
    {
        using var serializer = new HeldSerializer(news);
        var server = await StartServerAsync();
        var (presence, process) = MakePresence(server, serializer);
        try
        {
            await presence.TrackAsync(Room, "specific.a", "a");
            serializer.Hold();
            await begin(server);
            await PassTimeUntilAsync(() => Task.FromResult(serializer.Holds));
            await RenewedAsync(server, process);
            await RenewedAsync(server, process);
        }
        finally
        {
            serializer.Release();
        }
    }

    private async Task RenewedAsync(RedisServer server, string process)
    {
        var before = await LeaseAsync(server, process);
        await PassTimeUntilAsync(async () => await LeaseAsync(server, process) > before);
    }

    private Task PassTimeUntilAsync(Func<Task<bool>> condition) => Eventually.Is(async () =>
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        return await condition();
    });

    // Until when it lasts, by the server's clock; null for none.
    private static async Task<double?> LeaseAsync(RedisServer server, string process) =>
        (await server.CommandAsync("ZSCORE", LeasesKey, process)).Split('\n') is [_, var score, ..] && score.Length > 0 ? double.Parse(score, CultureInfo.InvariantCulture) : null;
}
