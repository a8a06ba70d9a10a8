using System.Collections.Concurrent;

namespace Channels.Tests.Applications;

/// <summary>Drives an application with a queue of inbound events and records what it sends.</summary>
internal sealed class Conversation
{
    private readonly Queue<Event> _inbound = new();
    private readonly ConcurrentQueue<Event> _sent = new();

    public IReadOnlyList<Event> Sent => [.. _sent];

    public int Received { get; private set; }

    /// <summary>The peer says nothing after its last event; else to read on is a mistake.</summary>
    public bool IsSilentAtTheEnd { get; init; }

    public static WebSocketScope WebSocket(string path, string root = "", IServiceProvider? services = null)
    {
        var scope = new WebSocketScope { Path = path, RootPath = root };
        return services is null ? scope : scope with { Services = services };
    }

    public static HttpScope Http(string path, string root = "") => new() { Path = path, RootPath = root };

    public Conversation With(params Event[] events)
    {
        foreach (var next in events)
        {
            _inbound.Enqueue(next);
        }

        return this;
    }

    /// <summary>Runs the application with its protocol's first event waiting.</summary>
    public static async Task<Conversation> RunAsync(Application application, Scope scope)
    {
        var conversation = new Conversation();
        conversation.With(scope is HttpScope ? HttpRequest.Empty : WebSocketConnect.Instance);
        await conversation.ServeAsync(application, scope);
        return conversation;
    }

    public Task ServeAsync(Application application, Scope scope) => application(
        scope,
        cancellationToken =>
        {
            Received++;
            return _inbound.Count > 0 ? ValueTask.FromResult(_inbound.Dequeue())
                : IsSilentAtTheEnd ? new(new TaskCompletionSource<Event>().Task.WaitAsync(cancellationToken))
                : throw new InvalidOperationException("The application reads more events than the test has.");
        },
        (message, _) =>
        {
            _sent.Enqueue(message);
            return ValueTask.CompletedTask;
        });

    /// <summary>The status of the one complete answer that was sent; fails when there is another conversation.</summary>
    public int Status()
    {
        Assert.That(Sent, Has.Count.EqualTo(2));
        return (Sent[0], Sent[1]) switch
        {
            (WebSocketDenialStart denial, WebSocketDenialBody { Body.IsEmpty: false, MoreBody: false }) => denial.Status,
            (HttpResponseStart response, HttpResponseBody { Body.IsEmpty: false, MoreBody: false }) => response.Status,
            var (start, body) => throw new AssertionException($"{start.Type}, {body.Type} is not an answer."),
        };
    }
}
