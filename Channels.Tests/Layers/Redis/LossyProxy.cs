using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Channels.Layers.Redis;

namespace Channels.Tests.Layers.Redis;

/// <summary>A TCP proxy in front of Redis that loses every tenth published message, and lets every seventh be overtaken by the next one; answers pass.</summary>
internal sealed class LossyProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _pumps = [];
    private readonly int _target;
    private readonly Task _accepting;
    private int _messages;
    private int _lost;

    public LossyProxy(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>How many messages were lost.</summary>
    public int Lost => Volatile.Read(ref _lost);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_pumps);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                var server = new TcpClient { NoDelay = true };
                await server.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
                client.NoDelay = true;
                _pumps.Add(RunAsync(client, server));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            return; // the proxy ends
        }
    }

    private async Task RunAsync(TcpClient client, TcpClient server)
    {
        using var first = client;
        using var second = server;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var (asking, answering) = (client.GetStream().CopyToAsync(server.GetStream(), either.Token), FilterAsync(server.GetStream(), client.GetStream(), either.Token));
        await Task.WhenAny(asking, answering);
        await either.CancelAsync();
        await Task.WhenAll(asking, answering).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // a connection ends one way or another
    }

    private async Task FilterAsync(NetworkStream from, NetworkStream to, CancellationToken cancellationToken)
    {
        var input = PipeReader.Create(from);
        var frame = new RespFrame();
        byte[] held = [];
        while (await input.ReadAsync(cancellationToken) is { IsCompleted: false, Buffer: var buffer })
        {
            var output = new ArrayBufferWriter<byte>();
            for (var before = buffer; frame.TryRead(ref buffer); before = buffer)
            {
                var bytes = before.Slice(0, buffer.Start).ToArray();
                var number = frame.Is(0, "message"u8) || frame.Is(0, "pmessage"u8) ? Interlocked.Increment(ref _messages) : 1;
                if (number % 10 == 0)
                {
                    Interlocked.Increment(ref _lost);
                }
                else if (number % 7 == 0)
                {
                    output.Write(held);
                    held = bytes;
                }
                else
                {
                    output.Write(bytes);
                    output.Write(held);
                    held = [];
                }
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            await to.WriteAsync(output.WrittenMemory, cancellationToken);
        }
    }
}
