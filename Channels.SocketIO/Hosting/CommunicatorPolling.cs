using System.Text.Json;

namespace Channels.SocketIO;

/// <summary>A session by long-polling: one GET waits at a time, and what is sent is a POST each.</summary>
/// <param name="application">What is tested.</param>
internal sealed class CommunicatorPolling(Application application) : CommunicatorTransport
{
    private readonly TaskCompletionSource<Event> _cut = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private string? _session;
    private Task _polling = Task.CompletedTask;
    private Task _posting = Task.CompletedTask; // one at a time: a session ends by two

    public override async Task OpenAsync()
    {
        var (status, body) = await RequestAsync("GET", default);
        if (status != 200 || body.Length < 2)
        {
            throw new InvalidOperationException($"The handshake was refused with the status {status}: {System.Text.Encoding.UTF8.GetString(body.Span)}");
        }

        using var handshake = JsonDocument.Parse(body[1..]);
        _session = handshake.RootElement.GetProperty("sid").GetString();
        _polling = PollAsync();
    }

    public override async Task SendAsync(EngineIOSend message)
    {
        var status = await PostAsync(message.GetPayload());
        if (status != 200)
        {
            throw new InvalidOperationException($"The server takes no packets any more: status {status}.");
        }
    }

    public override Task DropAsync()
    {
        _cut.TrySetResult(HttpDisconnect.Instance);
        return _polling;
    }

    private async Task PollAsync()
    {
        try
        {
            while (true) // also when the connection is cut: only by a request can the server notice
            {
                var (status, body) = await RequestAsync("GET", default);
                if (status != 200)
                {
                    break;
                }

                await TakeAllAsync(body);
            }

            End(null);
        }
#pragma warning disable CA1031 // whatever the application throws is told to the test
        catch (Exception error)
#pragma warning restore CA1031
        {
            End(error);
        }
    }

    private async Task TakeAllAsync(ReadOnlyMemory<byte> body)
    {
        ReadOnlyMemory<byte>? rest = body;
        while (rest is not null && PollingPayload.TryTake(ref rest, out var packet))
        {
            if (Take(packet) is { } answer)
            {
                await PostAsync(new[] { (byte)('0' + answer) });
            }
        }
    }

    private Task<int> PostAsync(ReadOnlyMemory<byte> content)
    {
        lock (_gate)
        {
            var posting = PostBehindAsync(_posting, content);
            _posting = posting;
            return posting;
        }
    }

    private async Task<int> PostBehindAsync(Task other, ReadOnlyMemory<byte> content)
    {
        await other.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding); // the application is not called in the lock
        return (await RequestAsync("POST", content)).Status;
    }

    private async Task<(int Status, ReadOnlyMemory<byte> Body)> RequestAsync(string method, ReadOnlyMemory<byte> content)
    {
        var (status, body, isRead) = (0, new MemoryStream(), false);
        var id = _session is { } session ? $"&sid={session}" : "";
        var scope = new HttpScope { Method = method, Path = Path, QueryString = $"EIO=4&transport=polling{id}{QueryString}", Headers = Headers, Services = Services, User = User };
        await application(scope, ReceiveAsync, TakeAsync);
        return (status, body.ToArray());

        async ValueTask<Event> ReceiveAsync(CancellationToken cancellationToken)
        {
            (var first, isRead) = (!isRead, true);
            return first ? new HttpRequest(content) : await _cut.Task.WaitAsync(cancellationToken);
        }

        ValueTask TakeAsync(Event message, CancellationToken cancellationToken)
        {
            if (message is HttpResponseStart start)
            {
                status = start.Status;
            }
            else if (message is HttpResponseBody part)
            {
                body.Write(part.Body.Span);
            }

            return ValueTask.CompletedTask;
        }
    }
}
