using System.Net;
using System.Net.Sockets;
using Channels.Kestrel;
using Channels.Tests.Consumers;
using Channels.Tests.Support;
using Microsoft.AspNetCore.Connections;

namespace Channels.Tests.Kestrel.Hosting;

/// <summary>Connections count from the moment they are accepted, whoever serves them and whenever.</summary>
[Proves("FG-6")]
public sealed class GatedListenerTests
{
    [Test]
    public async Task Connections_that_nobody_serves_yet_count_and_the_one_too_many_is_closed_before_the_next_is_accepted()
    {
        var transport = new Backlog(5);
        var gate = Gate(most: 2);
        var listener = await gate.Around(transport).BindAsync(transport.EndPoint);
        var first = await listener.AcceptAsync();
        await listener.AcceptAsync();
        Assert.That(gate.Open, Is.EqualTo(2));

        var third = listener.AcceptAsync();
        Assert.That((transport.Accepted, transport.Connections[2].IsClosing), Is.EqualTo((3, true)));
        transport.Connections[2].Disposal.SetResult();
        await Eventually.Is(() => transport.Accepted == 4);
        Assert.That(third.IsCompleted, Is.False);

        transport.Connections[0].Disposal.SetResult();
        await first!.DisposeAsync();
        transport.Connections[3].Disposal.SetResult();
        Assert.That((await third)!.ConnectionId, Is.EqualTo("5"));
        Assert.That(gate.Open, Is.EqualTo(2));
    }

    [Test]
    public async Task A_connection_that_is_disposed_of_twice_leaves_once()
    {
        var transport = new Backlog(2);
        var gate = Gate(most: 2);
        var listener = await gate.Around(transport).BindAsync(transport.EndPoint);
        var first = await listener.AcceptAsync();
        await listener.AcceptAsync();
        transport.Connections[0].Disposal.SetResult();
        await first!.DisposeAsync();
        await first.DisposeAsync();
        Assert.That(gate.Open, Is.EqualTo(1));
        Assert.That(await listener.AcceptAsync(), Is.Null, "the transport has ended");
    }

    [Test]
    public void A_transport_is_asked_for_the_addresses_that_it_can_serve()
    {
        var transport = (IConnectionListenerFactorySelector)Gate(most: 1).Around(new Backlog(0));
        Assert.That(transport.CanBind(new IPEndPoint(IPAddress.Loopback, 1)), Is.True);
        Assert.That(transport.CanBind(new UnixDomainSocketEndPoint("socket")), Is.False);
    }

    private static ConnectionGate Gate(int most) => new(most, TimeProvider.System, new ServerTelemetry(new ChannelsMetrics()), new LogRecorder().CreateLogger("Channels.Server"));

    // A transport for one kind of address, at which some connections wait already.
    private sealed class Backlog(int count) : IConnectionListenerFactory, IConnectionListenerFactorySelector, IConnectionListener
    {
        public EndPoint EndPoint { get; } = new IPEndPoint(IPAddress.Loopback, 1);

        public int Accepted { get; private set; }

        public IReadOnlyList<Waiting> Connections { get; } = [.. Enumerable.Range(1, count).Select(number => new Waiting(number))];

        public bool CanBind(EndPoint endpoint) => endpoint is IPEndPoint;

        public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken) => ValueTask.FromResult<IConnectionListener>(this);

        public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken) =>
            ValueTask.FromResult<ConnectionContext?>(Accepted < Connections.Count ? Connections[Accepted++] : null);

        public ValueTask UnbindAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class Waiting : DefaultConnectionContext
    {
        public Waiting(int number)
            : base(number.ToString(System.Globalization.CultureInfo.InvariantCulture))
        {
        }

        public TaskCompletionSource Disposal { get; } = new();

        public bool IsClosing { get; private set; }

        public override async ValueTask DisposeAsync()
        {
            IsClosing = true;
            await Disposal.Task;
            await base.DisposeAsync();
        }
    }
}
