using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Channels.Tests.Layers.Redis;

/// <summary>A TCP proxy between a layer and Redis that can go silent, be slow, cut connections, or cut them after so many bytes.</summary>
internal sealed class FaultProxy : IAsyncDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly List<Socket> _sockets = [];
    private readonly List<Task> _pumps = [];
    private readonly int _target;
    private readonly Task _accepting;
    private volatile TaskCompletionSource? _hold;
    private volatile TaskCompletionSource? _holdAnswers;
    private volatile Pace? _pace;
    private byte[]? _cutAt;
    private long _bytesLeft = long.MaxValue;

    public FaultProxy(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>Nothing passes any more in either direction, and nobody is told: half-open links. New connections hang too.</summary>
    public void Hold() => _hold ??= new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What is asked still reaches Redis, and nobody hears what it answers: whoever acts on an answer does nothing more.</summary>
    public void HoldAnswers() => _holdAnswers ??= new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Lets everything pass again; what was held back goes on.</summary>
    public void Release()
    {
        Interlocked.Exchange(ref _hold, null)?.TrySetResult();
        Interlocked.Exchange(ref _holdAnswers, null)?.TrySetResult();
    }

    /// <summary>
    /// From now on each piece that goes to Redis is late by this much, and no more than so many bytes pass per second on
    /// each connection; zero for no such limit.
    /// </summary>
    public void SlowDown(TimeSpan delay, int bytesPerSecond = 0) => _pace = new(delay, bytesPerSecond);

    /// <summary>As fast as can be again.</summary>
    public void SpeedUp() => _pace = null;

    /// <summary>Cuts all connections; new ones pass.</summary>
    public void CutAll()
    {
        lock (_lock)
        {
            foreach (var socket in _sockets)
            {
                socket.Close(0);
            }

            _sockets.Clear();
        }
    }

    /// <summary>Cuts all connections once so many more bytes have gone to Redis; once.</summary>
    public void CutAfter(long bytes) => Interlocked.Exchange(ref _bytesLeft, bytes);

    /// <summary>Cuts all connections as this command is asked, which does not reach Redis; once.</summary>
    public void CutAt(string command) => Volatile.Write(ref _cutAt, Encoding.ASCII.GetBytes($"\r\n{command}\r\n"));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        Release();
        await _accepting;
        CutAll(); // the one that was just being accepted as well
        await Task.WhenAll(_pumps);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            Socket? client = null;
            try
            {
                client = await _listener.AcceptSocketAsync(_stop.Token);
                var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                client.NoDelay = true;
                await server.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
                lock (_lock)
                {
                    _sockets.AddRange([client, server]);
                }

                _pumps.Add(PumpAsync(client, server, counts: true));
                _pumps.Add(PumpAsync(server, client, counts: false));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                client?.Dispose(); // Redis is away, which whoever connects must hear, or the proxy ends
            }
        }
    }

    private async Task PumpAsync(Socket from, Socket to, bool counts)
    {
        using var step = new PeriodicTimer(Step);
        var buffer = new byte[16 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var count)
            {
                if (_hold is { } hold)
                {
                    await hold.Task;
                }

                if (!counts && _holdAnswers is { } answers)
                {
                    await answers.Task;
                }

                for (var waited = TimeSpan.Zero; counts && _pace is { } pace && waited < pace.For(count); waited += Step)
                {
                    await step.WaitForNextTickAsync(_stop.Token); // in steps, so that speeding up is felt at once
                }

                if (counts && Interlocked.Read(ref _bytesLeft) != long.MaxValue && Interlocked.Add(ref _bytesLeft, -count) is < 0 and var missing)
                {
                    Interlocked.Exchange(ref _bytesLeft, long.MaxValue);
                    await to.SendAsync(buffer.AsMemory(0, (int)Math.Max(0, count + missing)));
                    CutAll();
                    return;
                }

                if (counts && Volatile.Read(ref _cutAt) is { } command && buffer.AsSpan(0, count).IndexOf(command) >= 0)
                {
                    Volatile.Write(ref _cutAt, null);
                    CutAll();
                    return;
                }

                for (var sent = 0; sent < count;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent));
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            return; // cut
        }
        finally
        {
            from.Close(0);
            to.Close(0);
        }
    }

    private sealed record Pace(TimeSpan Delay, int BytesPerSecond)
    {
        public TimeSpan For(int bytes) => Delay + (BytesPerSecond == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(bytes / (double)BytesPerSecond));
    }
}
