using Channels.SocketRouter;
using Channels.Tests.Consumers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.SocketRouter;

/// <summary>Presence that fails when connections end.</summary>
public sealed class PresenceEndTests
{
    [Test]
    public async Task Presence_that_fails_when_somebody_leaves_later_is_logged()
    {
        var log = new LogRecorder();
        await using var server = new TopicServer(services => services.AddSingleton<ILoggerFactory>(log));
        server.Services.GetRequiredService<PresenceLinger>().LeaveLater(new BrokenPresence(), "sr.t.room.1", "connection");

        Assert.That(Escapes.Of(() => server.Time.Advance(TimeSpan.FromSeconds(2))), Is.Empty);
        Assert.That(log.Lines.Select(line => line.Id), Is.EqualTo(new[] { 9003 }));
    }

    [Test]
    public async Task A_consumer_is_told_of_its_end_when_presence_fails_there()
    {
        await using var server = new TopicServer(services =>
        {
            services.RemoveAll<PresenceLinger>();
            services.AddKeyedSingleton<IGroupPresence>("default", new BrokenPresence());
        });
        var client = await server.ConnectAsync();
        Assert.That((await client.AskAsync("$join", """{"topic":"room.1","presence":{}}""")).GetProperty("status").GetInt32(), Is.EqualTo(500));

        Assert.ThrowsAsync<InvalidOperationException>(() => client.Socket.DisconnectAsync());
        Assert.That(server.Calls.Ended, Is.EqualTo(1));
    }

    private sealed class BrokenPresence : IGroupPresence
    {
        public ValueTask TrackAsync(string group, string connection, string key, MessageMap? metadata = null, CancellationToken cancellationToken = default) => throw new InvalidOperationException("broken");

        public ValueTask UntrackAsync(string group, string connection, CancellationToken cancellationToken = default) => throw new InvalidOperationException("broken");

        public ValueTask<PresencePage> ListAsync(string group, string? after = null, int max = 1_000, CancellationToken cancellationToken = default) => throw new InvalidOperationException("broken");
    }
}
