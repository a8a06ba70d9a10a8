using Channels.Tests.Support;

namespace Channels.Tests.Consumers;

/// <summary>A consumer needs no server: any two functions will do.</summary>
public sealed class PlainFunctionsTests
{
    [Test]
    [Proves("C-APP-03")]
    public async Task Receive_and_send_may_be_any_functions_finished_at_once_or_later([Values] bool later)
    {
        var sent = new List<Event>();
        var coming = new Queue<Event>([WebSocketConnect.Instance, WebSocketReceive.FromText("hello"), new WebSocketDisconnect(1000)]);
        Application application = Consumer.Of<Polite>();

        await application(new WebSocketScope { Path = "/" }, ReceiveAsync, SendAsync);

        Assert.That(sent.Select(message => message.Type), Is.EqualTo(new[] { "websocket.accept", "websocket.send" }));
        Assert.That(sent.OfType<WebSocketSend>().Single().Payload.ToArray(), Is.EqualTo("hello to you"u8.ToArray()));

        async ValueTask<Event> ReceiveAsync(CancellationToken cancellationToken)
        {
            if (later)
            {
                await Task.Yield();
            }

            return coming.Dequeue();
        }

        async ValueTask SendAsync(Event message, CancellationToken cancellationToken)
        {
            if (later)
            {
                await Task.Yield();
            }

            sent.Add(message);
        }
    }

    private sealed class Polite : WebSocketConsumer
    {
        protected override ValueTask OnTextAsync(string text) => SendTextAsync($"{text} to you");
    }
}
