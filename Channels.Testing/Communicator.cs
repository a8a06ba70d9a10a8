namespace Channels.Testing;

/// <summary>
/// Where a test begins: each method wraps an application, which may be a consumer, a router or a plain function, and
/// lets the test play the server and the peer. No sockets, no host, any test framework.
/// </summary>
/// <example>
/// <code>
/// await using var chat = Communicator.WebSocket(app, "/ws/chat/lobby").WithUser("ann");
/// Assert.That((await chat.ConnectAsync()).Accepted);
/// await chat.SendTextAsync("hello");
/// Assert.That(await chat.ReceiveTextAsync(), Is.EqualTo("hello"));
/// </code>
/// </example>
public static class Communicator
{
    /// <summary>A WebSocket to be opened at a path.</summary>
    /// <param name="application">What is tested.</param>
    /// <param name="path">A path or a full URL, percent-encoded, with its query.</param>
    /// <exception cref="ArgumentException">A server would answer such a path with 400: a blank, text that is not ASCII, <c>%00</c>.</exception>
    public static WebSocketCommunicator WebSocket(Application application, string path) => new(application, path);

    /// <summary>One HTTP request.</summary>
    /// <param name="application">What is tested.</param>
    /// <param name="method">The method, in any case.</param>
    /// <param name="path">A path or a full URL, percent-encoded, with its query.</param>
    /// <exception cref="ArgumentException">A server would answer such a path with 400: a blank, text that is not ASCII, <c>%00</c>.</exception>
    public static HttpCommunicator Http(Application application, string method, string path) => new(application, method, path);

    /// <summary>The start and the end of the application itself.</summary>
    /// <param name="application">What is tested.</param>
    public static LifespanCommunicator Lifespan(Application application) => new(application);

    /// <summary>A worker's reading of one channel.</summary>
    /// <param name="application">What is tested.</param>
    /// <param name="channel">The channel's name.</param>
    public static ChannelCommunicator Channel(Application application, string channel) => new(application, channel);

    /// <summary>Any protocol: the test sends and expects plain events.</summary>
    /// <param name="application">What is tested.</param>
    /// <param name="scope">The facts about the connection.</param>
    public static ApplicationCommunicator Application(Application application, Scope scope) => new(application, scope);
}
