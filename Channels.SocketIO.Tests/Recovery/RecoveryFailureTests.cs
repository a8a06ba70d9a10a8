using Channels.Extending;
using Channels.SocketIO;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Sockets;

/// <summary>What fails while the state of clients is written or read harms nobody else, and no more than has to be.</summary>
internal sealed class RecoveryFailureTests() : RecoveryFixture("memory")
{
    [Test]
    [Proves("S-SIO-83")]
    public async Task An_entry_that_cannot_be_looked_at_is_left_out_and_harms_nobody()
    {
        var process = await StartAsync();
        var client = NewClient();
        client.Says = "\"spoil\":true";
        await client.ConnectAsync(process.Server, process.Services);
        await client.CallAsync("[\"join\",\"room\"]");
        await ConnectAsync(process);
        await process.Server.To("room").EmitAsync("first");
        await client.ExpectAsync("42[\"first\"]");
        await client.DropAsync();
        string[] notes = [await Journal.NextAsync(), await Journal.NextAsync(), await Journal.NextAsync()];
        Assert.That(notes, Is.EqualTo(new[] { "connected False", "connected False", "left transport close" }));
        Assert.That(Journal.Logged, Has.Some.Contains("an entry of its data cannot be written as JSON, and is left out"));
        (var id, client.Says) = (client.Id, "");
        await client.ConnectAsync(process.Server, process.Services);
        Assert.That(client.Id, Is.EqualTo(id));
        await client.CallAsync("[\"state\"]", "\"True room nothing\"");
    }

    [Test]
    [Proves("S-SIO-83")]
    public async Task A_state_that_cannot_be_written_for_whatever_reason_lets_clients_in()
    {
        var process = await StartAsync(configure: services => Replace<ILeasedState>(services, inner => new BrokenState(inner)));
        foreach (var client in new[] { NewClient(), NewClient() })
        {
            await client.ConnectAsync(process.Server, process.Services);
        }

        Assert.That(Journal.Logged, Has.Some.Contains("writing it failed"));
    }

    [TestCase(1)]
    [TestCase(2)]
    [Proves("S-SIO-83")]
    public async Task A_client_for_which_the_history_was_away_comes_back_when_it_tries_again(int reading)
    {
        BrokenHistory? history = null;
        ClientRecovery? recovery = null;
        var process = await StartAsync(
            configure: services => Replace<IGroupHistory>(services, inner => history = new(inner)),
            middleware: application => (scope, receive, send) =>
            {
                recovery = (ClientRecovery?)((SocketIOScope)scope).Connection.Runtime.Recovery;
                return application(scope, receive, send);
            });
        var witness = await ConnectAsync(process, "room");
        var client = await ConnectAsync(process, "room");
        await client.DropAsync();
        history!.OnReading = async count =>
        {
            if (count == reading)
            {
                history.OnReading = null;
                throw new ChannelLayerUnavailableException("default", "on purpose");
            }

            await EmitAsync(); // after the first look, so that there is a second one
        };
        if (reading == 1)
        {
            await EmitAsync();
        }

        client.Ask(process.Server, process.Services);
        Assert.That(await client.Session.ReceiveAsync(), Is.EqualTo("44{\"message\":\"Service unavailable\"}"));
        var log = await recovery!.Logs.OpenAsync("/");
        Assert.That(log.Count, Is.EqualTo(1)); // the witness
        recovery.Logs.Close(log);
        var id = client.Id;
        var missed = await client.ConnectAsync(process.Server, process.Services);
        Assert.That((client.Id, missed), Is.EqualTo((id, new[] { "42[\"news\"]" })));

        async Task EmitAsync()
        {
            await process.Server.To("room").EmitAsync("news");
            await witness.ExpectAsync("42[\"news\"]");
        }
    }

    private static void Replace<T>(IServiceCollection services, Func<T, T> wrap)
        where T : class
    {
        var inner = services.Last(service => service.ServiceType == typeof(T) && service.IsKeyedService);
        services.Remove(inner);
        services.AddKeyedSingleton(inner.ServiceKey, (provider, key) => wrap((T)inner.KeyedImplementationFactory!(provider, key)));
    }

    /// <summary>State that cannot be written.</summary>
    private sealed class BrokenState(ILeasedState inner) : ILeasedState
    {
        public ValueTask<bool> PutAsync(string key, string owner, ReadOnlyMemory<byte> value, TimeSpan lifetime, CancellationToken cancellationToken = default) => throw new InvalidOperationException("on purpose");

        public ValueTask<ReadOnlyMemory<byte>?> TakeAsync(string key, string owner, CancellationToken cancellationToken = default) => inner.TakeAsync(key, owner, cancellationToken);

        public ValueTask ReleaseAsync(string key, string owner, CancellationToken cancellationToken = default) => inner.ReleaseAsync(key, owner, cancellationToken);
    }

    /// <summary>A history whose readings may fail.</summary>
    private sealed class BrokenHistory(IGroupHistory inner) : IGroupHistory
    {
        private int _readings;

        /// <summary>Called with the number of each reading, from 1, before its result is given.</summary>
        public Func<int, Task>? OnReading { get; set; }

        public ValueTask<HistoryPosition> PublishAsync(string group, ChannelMessage message, CancellationToken cancellationToken = default) => inner.PublishAsync(group, message, cancellationToken);

        public ValueTask<HistoryPosition> AppendAsync(string group, ChannelMessage message, CancellationToken cancellationToken = default) => inner.AppendAsync(group, message, cancellationToken);

        public async ValueTask<HistoryPage> ReadAsync(string group, HistoryPosition after, int max = 100, CancellationToken cancellationToken = default)
        {
            var page = await inner.ReadAsync(group, after, max, cancellationToken);
            if (OnReading is { } onReading)
            {
                await onReading(++_readings);
            }

            return page;
        }
    }
}
