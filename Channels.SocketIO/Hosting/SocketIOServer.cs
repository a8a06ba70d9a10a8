using Microsoft.Extensions.DependencyInjection;
using System.Collections;
using System.Text.RegularExpressions;

namespace Channels.SocketIO;

/// <summary>
/// A Socket.IO server: one application for both transports of the official clients, to be routed under <c>http</c> and under
/// <c>websocket</c>. Each entry is a namespace and the application that serves a client in it, usually a consumer.
/// </summary>
/// <example>
/// <code>
/// var socketIO = new SocketIOServer
/// {
///     { "/", Consumer.Of&lt;ChatNamespace&gt;() },
///     { "/admin", adminsOnly(Consumer.Of&lt;AdminNamespace&gt;()) },
///     { new Regex("/project-[0-9]+"), Consumer.Of&lt;ProjectNamespace&gt;() },
/// };
/// </code>
/// </example>
/// <remarks>
/// Middleware around a namespace's application is Socket.IO's namespace middleware: it sees <see cref="SocketIOScope"/>, and
/// refuses by throwing <see cref="SocketIORefusedException"/>. Namespaces are added before the server runs.
/// </remarks>
public sealed class SocketIOServer : IHostedApplication, IEnumerable<ApplicationBranch>
{
    private readonly NamespaceTable _spaces = new();
    private readonly SocketIORuntime _runtime;
    private readonly SessionApplication _sessions;
    private readonly EngineIOServer _engine;
    private readonly RoomSender _rooms;
    private readonly EventPublisher? _publisher;
    private IChannelLayer? _layer;
    private SocketIOAdmin? _admin;
    private IGroupHistory? _history;

    /// <summary>Makes a server.</summary>
    /// <param name="options">How it behaves; read once. Null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is not right; the message names it.</exception>
    public SocketIOServer(SocketIOOptions? options = null)
    {
        options ??= new();
        options.ThrowIfInvalid();
        _runtime = new(options, _spaces);
        _sessions = new(_runtime);
        _engine = new(options.Engine, _sessions.InvokeAsync);
        _publisher = options.Recovery is null ? null : new(RequireLayer, RequireHistory, options.GroupPrefix);
        _rooms = new(_runtime.Codec, RequireLayer, options.GroupPrefix, _runtime, _publisher);
    }

    /// <inheritdoc/>
    public string Description => "Socket.IO";

    /// <inheritdoc/>
    IReadOnlyList<ApplicationBranch> IApplicationNode.Branches => [new("", _engine)];

    /// <inheritdoc/>
    bool IApplicationNode.KeepsConnections => true;

    /// <summary>The server as an application.</summary>
    /// <param name="server">The server.</param>
    public static implicit operator Application(SocketIOServer server)
    {
        ArgumentNullException.ThrowIfNull(server);
        return server.InvokeAsync;
    }

    /// <summary>The server as an application.</summary>
    public Application ToApplication() => InvokeAsync;

    /// <summary>Adds a namespace.</summary>
    /// <param name="space">Its name: begins with a slash; <c>/</c> is the main one.</param>
    /// <param name="application">What serves a client in it.</param>
    /// <exception cref="ArgumentException">The name is none, or is taken.</exception>
    public void Add(string space, Application application) => Add(space, application, []);

    /// <summary>Adds a namespace with middleware around it.</summary>
    /// <param name="space">Its name: begins with a slash; <c>/</c> is the main one.</param>
    /// <param name="application">What serves a client in it.</param>
    /// <param name="middleware">What stands around it, outermost first; clients that come back pass it by (<see cref="SocketIORecoveryOptions.SkipMiddleware"/>).</param>
    /// <exception cref="ArgumentException">The name is none, or is taken.</exception>
    public void Add(string space, Application application, params Middleware[] middleware)
    {
        ArgumentNullException.ThrowIfNull(space);
        ArgumentNullException.ThrowIfNull(application);
        ArgumentNullException.ThrowIfNull(middleware);
        _spaces.Add(space, application, middleware);
    }

    /// <summary>Adds all namespaces whose whole name a pattern matches and no entry before serves. What it captures stands in <see cref="Scope.Route"/>.</summary>
    /// <param name="spaces">The pattern; one that works in linear time.</param>
    /// <param name="application">What serves a client in one.</param>
    /// <exception cref="ArgumentException">The pattern works only by backtracking.</exception>
    public void Add(Regex spaces, Application application) => Add(spaces, application, []);

    /// <summary>Adds, with middleware around them, all namespaces whose whole name a pattern matches and no entry before serves. What it captures stands in <see cref="Scope.Route"/>.</summary>
    /// <param name="spaces">The pattern; one that works in linear time.</param>
    /// <param name="application">What serves a client in one.</param>
    /// <param name="middleware">What stands around it, outermost first; clients that come back pass it by (<see cref="SocketIORecoveryOptions.SkipMiddleware"/>).</param>
    /// <exception cref="ArgumentException">The pattern works only by backtracking.</exception>
    public void Add(Regex spaces, Application application, params Middleware[] middleware)
    {
        ArgumentNullException.ThrowIfNull(spaces);
        ArgumentNullException.ThrowIfNull(application);
        ArgumentNullException.ThrowIfNull(middleware);
        _spaces.Add(spaces, application, middleware);
    }

    /// <summary>
    /// Adds a namespace for administrators: the page <c>@socket.io/admin-ui</c> shows there what the server does, and commands it.
    /// Call it once, before the server runs, in each process.
    /// </summary>
    /// <param name="options">Who may get in, and what they see; read once.</param>
    /// <exception cref="ArgumentException">An option is not right; the message names it. Or the namespace is taken.</exception>
    /// <exception cref="InvalidOperationException">The server has one already.</exception>
    public void AddAdmin(SocketIOAdminOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.ThrowIfInvalid();
        if (_admin is not null)
        {
            throw new InvalidOperationException($"The Socket.IO server has administrators in '{_admin.Options.Namespace}' already; give it one such namespace.");
        }

        var traffic = new EngineTraffic();
        var admin = new SocketIOAdmin(options, _runtime, _rooms, traffic);
        _spaces.Add(options.Namespace, Consumer.Of<AdminNamespace>(admin), []);
        (_admin, _engine.Traffic) = (admin, traffic);
    }

    /// <summary>All clients of a namespace, in every process on the layer.</summary>
    /// <param name="space">The namespace.</param>
    public BroadcastOperator Of(string space)
    {
        ArgumentNullException.ThrowIfNull(space);
        return new(_rooms, new RoomTarget(space));
    }

    /// <summary>The members of rooms in the main namespace.</summary>
    /// <param name="rooms">The rooms.</param>
    public BroadcastOperator To(params IEnumerable<string> rooms) => Of("/").To(rooms);

    /// <inheritdoc/>
    public void Prepare(IServiceProvider services)
    {
        ArgumentNullException.ThrowIfNull(services);
        _runtime.Prepare(services);
        _layer = services.GetKeyedService<IChannelLayer>(ChannelLayerAliases.Default);
        if (_publisher is { } publisher && _runtime.Recovery is null)
        {
            _runtime.Recovery = MakeRecovery(services, publisher);
        }
    }

    /// <inheritdoc/>
    async Task IHostedApplication.StartAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (_layer is { } layer && services.GetKeyedService<ChannelRequests>(layer.Alias) is { } requests && services.GetKeyedService<IGroupPresence>(layer.Alias) is { } presence)
        {
            _runtime.Node = await ServerNode.StartAsync(_runtime, requests, presence, cancellationToken);
        }

        if (_admin is not null)
        {
            RequireLayer();
            _admin.Start();
        }
    }

    /// <inheritdoc/>
    async Task IHostedApplication.StopAsync(CancellationToken cancellationToken)
    {
        if (_admin is not null)
        {
            await _admin.StopAsync(cancellationToken);
        }

        if (_runtime.Node is { } node)
        {
            _runtime.Node = null;
            await node.DisposeAsync();
        }

        if (_runtime.Recovery is { } recovery)
        {
            await recovery.DisposeAsync();
        }
    }

    /// <summary>Serves one request or WebSocket of a client.</summary>
    /// <param name="scope">The facts about it.</param>
    /// <param name="receive">Waits for the next event from the client.</param>
    /// <param name="send">Sends an event to the client.</param>
    public Task InvokeAsync(Scope scope, Receive receive, Send send) => _engine.InvokeAsync(scope, receive, send);

    /// <summary>The namespaces, and what serves them.</summary>
    public IEnumerator<ApplicationBranch> GetEnumerator() => _spaces.Branches.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal Task ServeSessionAsync(Scope scope, Receive receive, Send send) => _sessions.InvokeAsync(scope, receive, send);

    private ClientRecovery MakeRecovery(IServiceProvider services, EventPublisher publisher)
    {
        var layer = RequireLayer();
        _history = services.GetKeyedService<IGroupHistory>(layer.Alias);
        return services.GetKeyedService<ILeasedState>(layer.Alias) is { } state && _history is not null
            ? new(_runtime, _runtime.Options.Recovery!, layer, _history, state, publisher, services) // there is a publisher because of them
            : throw new InvalidOperationException($"{nameof(SocketIOOptions)}.{nameof(SocketIOOptions.Recovery)} needs a layer with a history and leased state, which '{layer.Alias}' has not: use AddInMemoryLayer, AddRedisLayer or AddRedisPubSubLayer, or leave it null.");
    }

    private IGroupHistory RequireHistory() => _history ?? throw new InvalidOperationException("The Socket.IO server has no history to emit by yet: use it once the host has started.");

    private IChannelLayer RequireLayer() => _layer ?? throw new InvalidOperationException("The Socket.IO server has no channel layer to reach its rooms by: call services.AddChannels(), and use it once the host has started.");
}
