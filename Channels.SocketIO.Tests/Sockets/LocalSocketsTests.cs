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

    private static NamespaceConnection Make()
    {
        var runtime = new SocketIORuntime(new(), new());
        var session = new SocketIOSession(runtime, new EngineIOScope { Path = "/", SessionId = "secret" }, _ => default, (_, _) => default);
        var socket = new NamespaceConnection(session, "/", new SocketIOConnect(default(JsonElement)));
        socket.Begin("id");
        return socket;
    }
}
