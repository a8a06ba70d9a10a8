using Channels.Extending;
using Channels.SocketIO;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Sockets;

/// <summary>What comes while a client comes back: nothing is lost between what it reads and what it is handed from then on, and nothing old ends it.</summary>
/// <param name="layer">The layer between the processes.</param>
[TestFixture("memory")]
[TestFixture("redis")]
[TestFixture("redis-pubsub")]
internal sealed class RecoveryGapTests(string layer) : RecoveryFixture(layer)
{
    [Test]
    [Proves("S-SIO-83", "S-SIO-85")]
    public async Task An_event_that_is_being_handed_out_while_a_client_comes_back_is_not_lost_to_it()
    {
        WatchedHistory? history = null;
        var process = await StartAsync(configure: services =>
        {
            var inner = services.Last(service => service.ServiceType == typeof(IGroupHistory) && service.IsKeyedService);
            services.Remove(inner);
            services.AddKeyedSingleton<IGroupHistory>(inner.ServiceKey, (provider, key) => history = new((IGroupHistory)inner.KeyedImplementationFactory!(provider, key)));
        });
        var witness = await ConnectAsync(process, "room");
        var client = await ConnectAsync(process, "room");
        await client.DropAsync();
        var handing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var handed = new ManualResetEventSlim();
        witness.Session.OnSending = _ =>
        {
            handing.TrySetResult();
            handed.Wait(Eventually.Patience); // blocks the one who hands out: he has chosen whom
        };
        var emitting = Task.CompletedTask;
        history!.OnRead = async () => // the client has read what there is
        {
            emitting = Task.Run(() => process.Server.To("room").EmitAsync("news").AsTask());
            await handing.Task.WaitAsync(Eventually.Patience);
        };
        var missed = await client.ConnectAsync(process.Server, process.Services);
        handed.Set();
        await emitting;
        Assert.That(missed, Is.EqualTo(new[] { "42[\"news\"]" }));
        await process.Server.To("room").EmitAsync("more");
        await client.ExpectAsync("42[\"more\"]");
    }

    [Test]
    [Proves("S-SIO-83")]
    public async Task News_of_a_return_that_are_older_than_the_connection_end_nothing()
    {
        var (one, two) = (await StartStillAsync(), await StartStillAsync());
        var client = await ConnectAsync(one);
        await two.Services.GetRequiredService<IChannelLayer>().GroupSendAsync(
            SocketIOGroups.OfRoom("/", client.Id), new ChannelMessage(RoomMessages.ReplacedType, new MessageMap { ["by"] = "earlier" }));
        await two.Server.To(client.Id).SocketsJoinAsync("behind"); // the same way
        await Eventually.Is(async () => (await two.Server.To("behind").FetchSocketsAsync()).Count == 1);
        await two.Server.To("behind").EmitAsync("news");
        await client.ExpectAsync("42[\"news\"]");
    }

    [Test]
    [Proves("S-SIO-73", "S-SIO-83")]
    public async Task A_client_that_is_back_in_the_same_process_is_known_there_when_its_old_connection_ends()
    {
        var process = await StartStillAsync();
        var client = await ConnectAsync(process);
        Assert.That(await Journal.NextAsync(), Is.EqualTo("connected False"));
        client.Session.Text("2[\"hold\"]");
        Assert.That(await Journal.NextAsync(), Is.EqualTo("held"));
        var (old, id) = (client.Session, client.Id);
        await client.ConnectAsync(process.Server, process.Services);
        Assert.That(client.Id, Is.EqualTo(id));
        Journal.Gate.SetResult(); // only now does the old connection hear that it is to make room
        await old.ExpectAsync("close");
        await process.Server.To(id).Local.EmitAsync("here");
        await client.ExpectAsync("42[\"here\"]");
    }

    /// <summary>A history after whose next reading something happens.</summary>
    private sealed class WatchedHistory(IGroupHistory inner) : IGroupHistory
    {
        private Func<Task>? _onRead;

        public Func<Task> OnRead
        {
            set => _onRead = value;
        }

        public ValueTask<HistoryPosition> PublishAsync(string group, ChannelMessage message, CancellationToken cancellationToken = default) => inner.PublishAsync(group, message, cancellationToken);

        public ValueTask<HistoryPosition> AppendAsync(string group, ChannelMessage message, CancellationToken cancellationToken = default) => inner.AppendAsync(group, message, cancellationToken);

        public async ValueTask<HistoryPage> ReadAsync(string group, HistoryPosition after, int max = 100, CancellationToken cancellationToken = default)
        {
            var page = await inner.ReadAsync(group, after, max, cancellationToken);
            if (Interlocked.Exchange(ref _onRead, null) is { } onRead)
            {
                await onRead();
            }

            return page;
        }
    }
}
