using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>What is called with the pub/sub channel and the payload of a message; the payload is valid during the call.</summary>
internal delegate void MessageHandler(string channel, ReadOnlySpan<byte> payload);

/// <summary>
/// A connection for subscriptions, read by ourselves: messages are handed on one after another as they come, whatever they
/// are subscribed by. The client library keeps no order between subscriptions. Thread-safe.
/// </summary>
internal sealed class SubscriberConnection : RedisConnection
{
    private const int ReadBytes = 16 * 1024;
    private const string NoCluster = "cluster support disabled";
    private readonly Stream _stream;
    private readonly MessageHandler _onMessage;
    private readonly Action<string>? _onDropped;
    private readonly RespFrame _frame = new();
    private readonly Pipe _output = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false)); // bounded by what is subscribed
    private readonly Lock _lock = new();
    private readonly Queue<SubscriberCommand> _open = new();
    private readonly CancellationTokenSource _end = new();
    private readonly Task _writing;
    private readonly Task _reading;
    private bool _ended;

    private SubscriberConnection(Stream stream, EndPoint server, MessageHandler onMessage, Action<string>? onDropped)
        : base(server)
    {
        (_stream, _onMessage, _onDropped) = (stream, onMessage, onDropped);
        _writing = WriteAllAsync();
        _reading = ReadAllAsync();
    }

    /// <summary>Connects, and learns who answers.</summary>
    /// <param name="address">The entry of the host list, with user and password.</param>
    /// <param name="server">The server.</param>
    /// <param name="role">What the connection is for.</param>
    /// <param name="settings">The layer's settings.</param>
    /// <param name="onMessage">Called with each message, one after another.</param>
    /// <param name="onDropped">Called with the name of a shard channel whose subscription the server has ended, because it gave up the slot; null for nobody.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">The server cannot be reached, or is a replica.</exception>
    /// <exception cref="RespErrorException">The server refuses the user.</exception>
    /// <exception cref="TimeoutException">The time for connecting is over.</exception>
    public static async Task<SubscriberConnection> OpenAsync(
        RedisHostAddress address, EndPoint server, RedisLinkRole role, RedisLinkSettings settings, MessageHandler onMessage, Action<string>? onDropped, CancellationToken cancellationToken)
    {
        using var inTime = new CancellationTokenSource(settings.Options.ConnectTimeout, settings.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(inTime.Token, cancellationToken);
        try
        {
            var options = address.CopyOptions();
            var connection = new SubscriberConnection(await ConnectAsync(server, options, both.Token), server, onMessage, onDropped);
            try
            {
                await connection.IntroduceAsync(options, settings.ClientNameOf(role)).WaitAsync(both.Token);
                return connection;
            }
            catch
            {
                await connection.DisposeAsync();
                throw;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException();
        }
        catch (SocketException e)
        {
            throw new IOException(RedisFailure.NobodyAnswers, e);
        }
    }

    /// <summary>Done when the server has confirmed.</summary>
    public Task SubscribeAsync(SubscriptionName name) => SendAsync($"{Letter(name)}SUBSCRIBE", name.Text);

    /// <inheritdoc cref="SubscribeAsync"/>
    public Task UnsubscribeAsync(SubscriptionName name) => SendAsync($"{Letter(name)}UNSUBSCRIBE", name.Text);

    /// <summary>The nodes of the server's cluster, as it lists them; null when it is of none.</summary>
    /// <exception cref="RespErrorException">The server refuses to tell.</exception>
    public async Task<string?> AskForNodesAsync()
    {
        try
        {
            return await SendAsync("CLUSTER", "NODES");
        }
        catch (RespErrorException e) when (e.Message.Contains(NoCluster, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }
    }

    /// <summary>Whether the server has shard channels.</summary>
    /// <param name="channel">One that nobody listens to.</param>
    public async Task<bool> KnowsShardsAsync(string channel)
    {
        try
        {
            await SendAsync("SPUBLISH", channel, "");
            return true;
        }
        catch (RespErrorException e)
        {
            // Whatever else is wrong, such as the wrong node. Redis has shards outside of clusters too, Garnet has not.
            return !e.Message.Contains("unknown command", StringComparison.OrdinalIgnoreCase) && !e.Message.Contains(NoCluster, StringComparison.OrdinalIgnoreCase);
        }
    }

    public override Task PingAsync() => SendAsync("PING");

    public override async ValueTask DisposeAsync()
    {
        End("closed");
        await _end.CancelAsync();
        await _stream.DisposeAsync();
        await Task.WhenAll(_writing, _reading);
        _end.Dispose();
    }

    private static async Task<Stream> ConnectAsync(EndPoint server, ConfigurationOptions options, CancellationToken cancellationToken)
    {
        var socket = server is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(server, cancellationToken);
            return await RedisTls.WrapAsync(new NetworkStream(socket, ownsSocket: true), server, options, cancellationToken);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task IntroduceAsync(ConfigurationOptions options, string name)
    {
        if (!string.IsNullOrEmpty(options.Password) || !string.IsNullOrEmpty(options.User))
        {
            await (string.IsNullOrEmpty(options.User) ? SendAsync("AUTH", options.Password ?? "") : SendAsync("AUTH", options.User, options.Password ?? ""));
        }

        // Servers before 6.0 know neither RESP3 nor this command, and an account may lack the right to a name: both can be done without.
        var hello = SendAsync("HELLO", options.Protocol is RedisProtocol.Resp2 ? "2" : "3");
        var naming = SendAsync("CLIENT", "SETNAME", name);
        await ((Task)Task.WhenAll(hello, naming)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (hello.IsCompletedSuccessfully && hello.Result is "replica" or "slave")
        {
            throw Replica();
        }

        await SendAsync("PING"); // a server that wants a password says so now
    }

    private static string Letter(SubscriptionName name) => name.Kind switch
    {
        SubscriptionKind.Pattern => "P",
        SubscriptionKind.Shard => "S",
        _ => "",
    };

    private Task<string?> SendAsync(params ReadOnlySpan<string> command)
    {
        var answer = new SubscriberCommand(command[0], command.Length > 1 ? command[1] : null);
        lock (_lock) // answers come in the order of the commands
        {
            if (_ended)
            {
                return Task.FromException<string?>(new IOException("the connection was lost"));
            }

            _open.Enqueue(answer);
            Write($"*{command.Length}\r\n");
            foreach (var part in command)
            {
                Write($"${Encoding.UTF8.GetByteCount(part)}\r\n");
                Write(part);
                Write("\r\n");
            }

            _ = _output.Writer.FlushAsync(CancellationToken.None); // the pipe never holds up its writer: done at once
        }

        return answer.Task;
    }

    private void Write(string text) => Encoding.UTF8.GetBytes(text, _output.Writer);

    private async Task WriteAllAsync()
    {
        try
        {
            await _output.Reader.CopyToAsync(_stream, _end.Token);
        }
        catch (Exception e)
        {
            End(RedisFailure.Describe(e)); // whatever it is: the connection is of no use without its writer
        }
    }

    private async Task ReadAllAsync()
    {
        try
        {
            var input = PipeReader.Create(_stream, new(bufferSize: ReadBytes, leaveOpen: true));
            while (true)
            {
                var result = await input.ReadAsync(_end.Token);
                var buffer = result.Buffer;
                while (_frame.TryRead(ref buffer))
                {
                    Take();
                }

                input.AdvanceTo(buffer.Start, buffer.End);
                if (result.IsCompleted)
                {
                    throw new IOException("the server closed the connection");
                }
            }
        }
        catch (Exception e)
        {
            End(RedisFailure.Describe(e)); // whatever it is: the connection is of no use without its reader
        }
    }

    private void Take()
    {
        if (_frame.Count == 3 && (_frame.Is(0, "message"u8) || _frame.Is(0, "smessage"u8)))
        {
            Deliver(channel: 1);
        }
        else if (_frame.Count == 4 && _frame.Is(0, "pmessage"u8))
        {
            Deliver(channel: 2);
        }
        else if (_frame.Kind != '>' || SaysSubscribed())
        {
            Answer();
        }
    }

    // Other pushes are notices that nobody asked for.
    private bool SaysSubscribed() =>
        _frame.Is(0, "subscribe"u8) || _frame.Is(0, "unsubscribe"u8) || _frame.Is(0, "psubscribe"u8) || _frame.Is(0, "punsubscribe"u8)
        || _frame.Is(0, "ssubscribe"u8) || _frame.Is(0, "sunsubscribe"u8);

    private void Deliver(int channel)
    {
        var payload = _frame[channel + 1];
        _onMessage(_frame.TextOf(channel), payload.IsSingleSegment ? payload.FirstSpan : payload.ToArray());
    }

    private void Answer()
    {
        SubscriberCommand? answered;
        lock (_lock)
        {
            answered = _open.TryPeek(out var oldest) && oldest.IsAnsweredBy(_frame) ? _open.Dequeue() : null;
        }

        if (answered is not null)
        {
            answered.Answer(_frame);
        }
        else if (_frame.Is(0, "sunsubscribe"u8))
        {
            _onDropped?.Invoke(_frame.TextOf(1));
        }
    }

    private void End(string reason)
    {
        ReportLost(reason);
        SubscriberCommand[] open;
        lock (_lock)
        {
            _ended = true;
            open = [.. _open];
            _open.Clear();
        }

        _output.Writer.Complete();
        foreach (var answer in open)
        {
            answer.Fail(new IOException("the connection was lost"));
        }
    }
}
