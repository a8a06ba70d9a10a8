using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Channels.Kestrel;
using Channels.Routing;
using Channels.Tests.Support;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Channels.Tests.Protocols;

/// <summary>
/// A protocol of one's own, lines over TCP, with its own scope and events, served beside HTTP by the same root
/// application: the set of protocols is open, nothing in Core knows of it.
/// </summary>
public sealed class LineProtocolTests
{
    [Test]
    [Proves("E-75")]
    public async Task A_protocol_of_ones_own_needs_no_change_of_the_core()
    {
        Application root = new ProtocolTypeRouter { ["line"] = Consumer.Of<ShoutingConsumer>() };
        var builder = ChannelsHost.CreateBuilder();
        builder.Root = root;
        builder.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Run(connection => ServeAsync(connection, root))));
        await using var host = builder.Build();
        await host.StartAsync();

        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, new Uri(host.Addresses.Single()).Port);
        await using var stream = client.GetStream();
        using var reader = new StreamReader(stream);
        await stream.WriteAsync("hello\nworld\n"u8.ToArray());
        Assert.That(await reader.ReadLineAsync(), Is.EqualTo("HELLO"));
        Assert.That(await reader.ReadLineAsync(), Is.EqualTo("WORLD"));
        client.Client.Shutdown(SocketShutdown.Send);
        Assert.That(await reader.ReadLineAsync(), Is.EqualTo("2 lines"));
        await host.StopAsync();
    }

    private static Task ServeAsync(ConnectionContext connection, Application root)
    {
        var (input, output) = (connection.Transport.Input, connection.Transport.Output);
        return root(new LineScope { Aborted = connection.ConnectionClosed }, ReceiveAsync, SendAsync);

        async ValueTask<Event> ReceiveAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                var read = await input.ReadAsync(cancellationToken);
                if (read.Buffer.PositionOf((byte)'\n') is { } end)
                {
                    var text = Encoding.UTF8.GetString(read.Buffer.Slice(0, end));
                    input.AdvanceTo(read.Buffer.GetPosition(1, end));
                    return new LineReceived(text);
                }

                input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                if (read.IsCompleted)
                {
                    return new LineEnd();
                }
            }
        }

        async ValueTask SendAsync(Event message, CancellationToken cancellationToken)
        {
            var line = message as LineSend ?? throw new IllegalEventException(message, "open", "line.send");
            await output.WriteAsync(Encoding.UTF8.GetBytes(line.Text + "\n"), cancellationToken);
        }
    }

    private sealed record LineScope() : Scope("line");

    private sealed record LineReceived(string Text) : Event("line.received");

    private sealed record LineSend(string Text) : Event("line.send");

    private sealed record LineEnd() : Event("line.end");

    private sealed class ShoutingConsumer : Consumer
    {
        private int _lines;

        protected override async ValueTask DispatchAsync(Event message)
        {
            switch (message)
            {
                case LineReceived line:
                    _lines++;
                    await SendAsync(new LineSend(line.Text.ToUpperInvariant()));
                    break;
                case LineEnd:
                    await SendAsync(new LineSend($"{_lines} lines"));
                    Stop();
                    break;
                default:
                    await base.DispatchAsync(message);
                    break;
            }
        }
    }
}
