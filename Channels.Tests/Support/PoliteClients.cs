using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;

namespace Channels.Tests.Support;

/// <summary>
/// Clients of the conformance sample that behave: each sends a message and waits for its echo, posts a body, and begins
/// again. They tell whether somebody else's bad behaviour reaches them.
/// </summary>
internal sealed class PoliteClients : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _complaints = new();
    private readonly Uri _server;
    private readonly WebSocketDeflateOptions? _deflate;
    private readonly HttpClient _http = new() { Timeout = Patience };
    private readonly Task[] _clients;
    private readonly int[] _rounds;

    public PoliteClients(Uri server, int count, bool compression = false)
    {
        (_server, _deflate, _rounds) = (server, compression ? new WebSocketDeflateOptions() : null, new int[count]);
        _clients = [.. Enumerable.Range(0, count).Select(RunAsync)];
    }

    /// <summary>What went wrong; empty when nobody noticed anything.</summary>
    public IEnumerable<string> Complaints => _complaints;

    /// <summary>Waits until each has done so many more rounds, or one complains.</summary>
    public async Task MoreRoundsAsync(int rounds)
    {
        var wanted = Enumerable.Range(0, _rounds.Length).Select(client => Volatile.Read(ref _rounds[client]) + rounds).ToArray();
        await Eventually.Is(() => !_complaints.IsEmpty || wanted.Select((count, client) => Volatile.Read(ref _rounds[client]) >= count).All(done => done));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_clients);
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync(int client)
    {
        try
        {
            using var socket = new ClientWebSocket { Options = { DangerousDeflateOptions = _deflate } };
            await socket.ConnectAsync(new UriBuilder(new Uri(_server, "/echo")) { Scheme = "ws" }.Uri, _stop.Token).WaitAsync(Patience);
            while (!_stop.IsCancellationRequested)
            {
                await EchoAsync(socket, $"round {_rounds[client]} of client {client}");
                using var answer = await _http.PostAsync(new Uri(_server, "/group/polite"), new ByteArrayContent(new byte[20_000]), _stop.Token);
                answer.EnsureSuccessStatusCode();
                Interlocked.Increment(ref _rounds[client]);
                await Pace.TryAgainAsync(_stop.Token);
            }
        }
        catch (Exception error) when (_stop.IsCancellationRequested && error is OperationCanceledException or WebSocketException)
        {
            // The test is over.
        }
        catch (Exception error)
        {
            _complaints.Enqueue($"client {client} after {_rounds[client]} rounds: {error.Message}");
        }
    }

    private async Task EchoAsync(ClientWebSocket socket, string text)
    {
        var message = Encoding.UTF8.GetBytes(text);
        await socket.SendAsync(message, WebSocketMessageType.Text, true, _stop.Token);
        var answer = new byte[message.Length + 1];
        var result = await socket.ReceiveAsync(answer, _stop.Token).WaitAsync(Patience);
        if (result.MessageType == WebSocketMessageType.Close || Encoding.UTF8.GetString(answer, 0, result.Count) != text)
        {
            throw new InvalidOperationException($"got {result.MessageType} {socket.CloseStatus} in place of an echo");
        }
    }
}
