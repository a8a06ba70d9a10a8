using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Consumers;

/// <summary>Several tasks of one consumer end its connection, or send after its end: the first one decides, and no other fails.</summary>
public sealed class RivalTasksTests
{
    private readonly Journal _journal = new();
    private readonly LogRecorder _log = new();
    private readonly Gate _gate = new();

    [TestCase("close", "send")]
    [TestCase("close", "close")]
    [Proves("FA-1")]
    public async Task A_watchdog_that_closes_while_a_handler_works_is_what_the_consumer_is_told(string first, string then)
    {
        await using var socket = Socket();
        await socket.ConnectAsync();
        await socket.SendTextAsync($"{first}+{then}");

        Assert.That((await socket.ReceiveCloseAsync()).Code, Is.EqualTo(4000));
        await socket.WaitAsync(); // without an error
        Assert.That(_journal.Entries, Is.EqualTo(new[] { "disconnect 4000" }));
        Assert.That(_log.Lines, Is.Empty);
    }

    [TestCase("deny", "accept", 503)]
    [TestCase("deny", "deny", 503)]
    [TestCase("deny", "close", 503)]
    [TestCase("close", "accept", 403)]
    [TestCase("close", "deny", 403)]
    [Proves("FA-1")]
    public async Task Of_two_answers_to_a_handshake_the_first_counts(string first, string then, int status)
    {
        await using var socket = Socket($"/?{first}+{then}");

        Assert.That((await socket.ConnectAsync()).Status, Is.EqualTo(status));
        await socket.WaitAsync(); // without an error
        Assert.That(_journal.Entries, Is.EqualTo(new[] { "disconnect 1006" }));
        Assert.That(_log.Lines, Is.Empty);
    }

    [TestCase("deny")]
    [TestCase("accept")]
    [Proves("FA-1")]
    public async Task A_socket_that_was_to_be_refused_after_it_was_accepted_does_not_stay_open(string then)
    {
        await using var socket = Socket($"/?accept+{then}");

        await socket.ConnectAsync();
        Assert.That(async () => await socket.WaitAsync(), Throws.InstanceOf<IllegalEventException>(), "the server closes with 1011");
        Assert.That(_journal.Entries, Is.EqualTo(new[] { "disconnect 1011" }));
    }

    [TestCase("part", "late part")]
    [TestCase("whole", "late whole")]
    [Proves("FA-1")]
    public async Task A_request_that_was_answered_by_one_task_is_no_error_of_the_other(string first, string then)
    {
        await using var request = Communicator.Http(Consumer.Of<Answering>(_gate), "GET", $"/?{first}").WithScope(s => s with { Services = new OneService(_log) });
        var response = await request.GetResponseAsync();
        await request.WaitAsync(); // without an error

        Assert.That(response.Text, Is.EqualTo("watch"), then);
        Assert.That(_log.Lines, Is.Empty);
    }

    private WebSocketCommunicator Socket(string path = "/") =>
        Communicator.WebSocket(Consumer.Of<Rivals>(_journal, _gate), path).WithScope(s => s with { Services = new OneService(_log) });

    private sealed class Rivals(Journal journal, Gate gate) : WebSocketConsumer
    {
        protected override ValueTask OnConnectAsync() => Scope.QueryString.Length == 0 ? AcceptAsync() : RunAsync(Scope.QueryString.Split('+'));

        protected override ValueTask OnTextAsync(string text) => RunAsync(text.Split('+'));

        protected override ValueTask OnDisconnectAsync(WebSocketDisconnect disconnect)
        {
            journal.Add($"disconnect {disconnect.Code}");
            return ValueTask.CompletedTask;
        }

        // The detached task acts first, while the handler waits for it.
        private async ValueTask RunAsync(string[] acts)
        {
            Detach(async _ =>
            {
                await ActAsync(acts[0], 4000);
                gate.Open();
            });
            await gate.PassAsync();
            await ActAsync(acts[1], 4001);
        }

        private ValueTask ActAsync(string act, int code) => act switch
        {
            "send" => SendTextAsync("late"),
            "close" => CloseAsync(code),
            "accept" => AcceptAsync(),
            _ => DenyAsync(503, "busy"),
        };
    }

    private sealed class Answering(Gate gate) : HttpConsumer
    {
        protected override async ValueTask HandleAsync(ReadOnlyMemory<byte> body)
        {
            var whole = Scope.QueryString == "whole";
            if (!whole)
            {
                await SendHeadersAsync();
            }

            Detach(async _ =>
            {
                await (whole ? SendTextAsync("watch") : SendBodyAsync("watch"u8.ToArray()));
                gate.Open();
            });
            await gate.PassAsync();
            await (whole ? SendTextAsync("handler") : SendBodyAsync("handler"u8.ToArray()));
        }
    }
}
