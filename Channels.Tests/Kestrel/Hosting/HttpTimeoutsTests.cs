using System.Net;
using System.Text;
using Channels.Kestrel;
using Channels.Testing;
using Channels.Tests.Kestrel.WebSockets;
using Channels.Tests.Support;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Channels.Tests.Kestrel.Hosting;

/// <summary>Kestrel looks at each connection once a second, for timeouts that WebSockets have none of.</summary>
public sealed class HttpTimeoutsTests
{
    private readonly Heartbeat _heartbeat = new();
    private int _looks;
    private int _strangers;

    [Test]
    public async Task A_connection_is_looked_at_while_it_speaks_http_and_a_stranger_s_heartbeat_goes_on_behind_it()
    {
        await using var server = await StartAsync();
        using var client = await RawWebSocketClient.ConnectAsync(server.Port);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
        Assert.That(await client.ReadHeadAsync(), Does.StartWith("HTTP/1.1 200"));
        _heartbeat.Beat();
        _heartbeat.Beat();
        Assert.That((_looks, _strangers), Is.EqualTo((2, 2)));
    }

    [Test]
    public async Task A_WebSocket_is_left_alone_and_a_stranger_s_heartbeat_goes_on()
    {
        await using var server = await StartAsync();
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        await client.SendTextAsync("x");
        Assert.That((await client.ReadFrameAsync()).Text, Is.EqualTo("x")); // the upgrade has come to its end
        _heartbeat.Beat();
        Assert.That((_looks, _strangers), Is.EqualTo((0, 1)));
    }

    [Test]
    public async Task A_WebSocket_that_is_left_alone_is_closed_when_the_server_stops()
    {
        var server = await StartAsync();
        using var client = await RawWebSocketClient.OpenAsync(server.Port);
        await client.SendTextAsync("x");
        Assert.That((await client.ReadFrameAsync()).Text, Is.EqualTo("x"));
        var stopped = server.DisposeAsync();
        await client.ExpectCloseAsync(1012);
        await stopped;
    }

    [Test]
    public async Task A_request_that_never_ends_is_still_cut()
    {
        await using var server = await LiveServer.StartFunctionAsync(WebSockets.Applications.Echo, builder => builder.Set("Kestrel:Limits:RequestHeadersTimeout", "00:00:01"));
        using var client = await RawWebSocketClient.ConnectAsync(server.Port);
        await client.SendAsync(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: "));
        Assert.That(await client.ReadHeadAsync(), Does.StartWith("HTTP/1.1 408"));
    }

    // Kestrel's own handler is counted on its way through, between it and ours.
    private Task<LiveServer> StartAsync() => LiveServer.StartFunctionAsync(ServeAsync, builder => builder.ConfigureKestrel(kestrel =>
        kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(next => connection =>
            {
                connection.Features.Set<IConnectionHeartbeatFeature>(_heartbeat);
                return next(connection);
            });
            listen.Use(HttpTimeouts.Before);
            listen.Use(next => connection =>
            {
                var ours = connection.Features.Get<IConnectionHeartbeatFeature>()!; // as above
                ours.OnHeartbeat(_ => _strangers++, this);
                connection.Features.Set<IConnectionHeartbeatFeature>(new Counting(connection, ours, () => _looks++));
                return next(connection);
            });
        })));

    private static Task ServeAsync(Scope scope, Receive receive, Send send) =>
        scope is HttpScope ? Respond.TextAsync(send, "here") : WebSockets.Applications.Echo(scope, receive, send);

    private sealed class Heartbeat : IConnectionHeartbeatFeature
    {
        private readonly List<(Action<object> Action, object State)> _handlers = [];

        public void OnHeartbeat(Action<object> action, object state)
        {
            lock (_handlers)
            {
                _handlers.Add((action, state));
            }
        }

        public void Beat()
        {
            lock (_handlers)
            {
                _handlers.ForEach(handler => handler.Action(handler.State));
            }
        }
    }

    // Serves once, and leaves the connection as it was.
    private sealed class Counting(ConnectionContext connection, IConnectionHeartbeatFeature inner, Action count) : IConnectionHeartbeatFeature
    {
        public void OnHeartbeat(Action<object> action, object state)
        {
            connection.Features.Set(inner);
            inner.OnHeartbeat(
                state =>
                {
                    count();
                    action(state);
                },
                state);
        }
    }
}
