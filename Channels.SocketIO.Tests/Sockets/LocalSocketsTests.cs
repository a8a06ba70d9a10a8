using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Channels.SocketIO;
using Channels.Tests.Support;

namespace Channels.Tests.Sockets;

/// <summary>Who is known in a process.</summary>
internal sealed class LocalSocketsTests
{
    [Test]
    [Proves("S-SIO-83")]
    public void That_an_older_connection_of_a_clients_ends_leaves_the_newer_one_that_has_its_id()
    {
        var (sockets, older, newer) = (new LocalSockets(), Make(), Make());
        sockets.Add(older);
        sockets.Add(newer);
        sockets.Remove(older);
        Assert.That(sockets.In("/"), Is.EqualTo(new[] { newer }));
        sockets.Remove(newer);
        Assert.That(sockets.SpaceCount, Is.Zero);
        older.Dispose();
        newer.Dispose();
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task What_is_sent_while_a_client_is_being_let_in_is_not_lost(bool answering)
    {
        var sent = new ConcurrentQueue<string>();
        var runtime = new SocketIORuntime(new(), new());
        Thread? other = null;
        using var socket = Make(runtime, (message, _) =>
        {
            foreach (var frame in FramesOf(message))
            {
                sent.Enqueue(frame);
            }

            Meet(answering);
            return default;
        });
        runtime.Watch = new Watch(() => Meet(!answering));
        other = new Thread(() => _ = socket.Send(new SocketIOEmit("/", "now", runtime.Codec.Encode("now", [])), default));

        await socket.Send(new SocketIOAccept(), default);
        Assert.That(other.Join(Eventually.Patience));
        Assert.That(sent, Has.Count.EqualTo(2));
        Assert.That(sent.First(), Does.StartWith("40{"));
        Assert.That(sent.Last(), Is.EqualTo("42[\"now\"]"));

        void Meet(bool here)
        {
            if (here && other!.ThreadState.HasFlag(ThreadState.Unstarted))
            {
                other.Start();
                SpinWait.SpinUntil(() => !other.IsAlive || (other.ThreadState & ThreadState.WaitSleepJoin) != 0, Eventually.Patience); // it has sent, or waits for whoever lets the client in
            }
        }
    }

    [Test]
    public async Task Who_watches_knows_of_a_client_before_that_knows_of_it_itself()
    {
        var told = new List<string>();
        var runtime = new SocketIORuntime(new(), new());
        using var socket = Make(runtime, (message, _) =>
        {
            told.AddRange(FramesOf(message));
            return default;
        });
        runtime.Watch = new Watch(() => told.Add("watch"));

        await socket.Send(new SocketIOAccept(), default);
        Assert.That(told, Has.Count.EqualTo(2));
        Assert.That(told[0], Is.EqualTo("watch"));
        Assert.That(told[1], Does.StartWith("40{"));
    }

    private static IEnumerable<string> FramesOf(Event message) => ((EngineIOSend)message).GetFrames(binaryAsText: false).ToArray()
        .Cast<WebSocketSend>().Select(frame => Encoding.UTF8.GetString(frame.Payload.Span));

    private static NamespaceConnection Make() => Make(new(new(), new()), (_, _) => default);

    private static NamespaceConnection Make(SocketIORuntime runtime, Send send)
    {
        var session = new SocketIOSession(runtime, new EngineIOScope { Path = "/", SessionId = "secret" }, _ => default, send);
        var socket = new NamespaceConnection(session, "/", new SocketIOConnect(default(JsonElement)));
        socket.Begin("id");
        return socket;
    }

    private sealed class Watch(Action connected) : ISocketWatch
    {
        public void OnConnected(NamespaceConnection socket) => connected();

        public void OnDisconnected(NamespaceConnection socket, string reason)
        {
        }

        public void OnUpgraded(NamespaceConnection socket)
        {
        }

        public void OnJoined(NamespaceConnection socket, string room)
        {
        }

        public void OnLeft(NamespaceConnection socket, string room)
        {
        }

        public void OnReceived(NamespaceConnection socket, SocketIOEvent message)
        {
        }

        public void OnSent(NamespaceConnection socket, SocketIOEmit message)
        {
        }
    }
}
