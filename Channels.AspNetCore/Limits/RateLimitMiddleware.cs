using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Claims;
using System.Threading.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Channels.AspNetCore;

/// <summary>
/// Limits how often people may connect, ask and send, by the limiters of <c>System.Threading.RateLimiting</c>. Handshakes and requests
/// above a limit get 429, messages close their WebSocket with 1008 or are dropped. Below <see cref="AuthMiddleware"/> it knows the user.
/// </summary>
/// <remarks>The server's own limits (<c>MaxHandshakesPerSecondPerAddress</c>, <c>MaxFramesPerSecond</c>) cost less, and hold before any middleware runs.</remarks>
public sealed partial class RateLimitMiddleware : ApplicationMiddleware
{
    private const int PolicyViolation = 1008;

    private readonly RateLimitOptions _options;
    private Told? _told;

    private RateLimitMiddleware(Application inner, RateLimitOptions options)
        : base(inner) => _options = options;

    /// <summary>Puts limits around an application.</summary>
    /// <param name="inner">The application inside.</param>
    /// <param name="options">The limits.</param>
    public static ApplicationMiddleware Wrap(Application inner, RateLimitOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new RateLimitMiddleware(inner, options);
    }

    /// <summary>A key for limits by address: an IPv4 address, the /64 network of an IPv6 address, or <c>local</c> for a unix socket.</summary>
    /// <param name="scope">The connection.</param>
    public static string AddressOf(RequestScope scope)
    {
        ArgumentNullException.ThrowIfNull(scope);
        if (scope.Client?.Address is not { } address)
        {
            return "local";
        }

        var key = AddressKey.Of(address);
        return key.IsIPv6 ? string.Create(CultureInfo.InvariantCulture, $"{key.Network:x16}/64") : (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
    }

    /// <summary>A key for limits by user: the user's id or name, or the address of somebody unknown.</summary>
    /// <param name="scope">The connection.</param>
    public static string UserOf(RequestScope scope)
    {
        ArgumentNullException.ThrowIfNull(scope);
        return scope.User is { Identity: { IsAuthenticated: true } identity } user && (user.FindFirstValue(ClaimTypes.NameIdentifier) ?? user.FindFirstValue("sub") ?? identity.Name) is { } name
            ? $"user {name}"
            : $"address {AddressOf(scope)}";
    }

    /// <inheritdoc/>
    public override async Task InvokeAsync(Scope scope, Receive receive, Send send)
    {
        if (scope is not RequestScope request)
        {
            await Inner(scope, receive, send);
            return;
        }

        using var lease = _options.Handshakes?.AttemptAcquire(request);
        if (lease is { IsAcquired: false })
        {
            TellOf(request).Exceeded("handshakes", request);
            await RefuseAsync(request, lease, receive, send);
            return;
        }

        if (request is not WebSocketScope || (_options.Messages is null && _options.MessagesPerConnection is null))
        {
            await Inner(scope, receive, send);
            return;
        }

        using var own = _options.MessagesPerConnection?.Invoke();
        await Inner(scope, token => ReceiveAsync(request, own, receive, send, token), send);
    }

    // Pooled, because it is asked for every message.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Event> ReceiveAsync(RequestScope scope, RateLimiter? own, Receive receive, Send send, CancellationToken cancellationToken)
    {
        var closed = false;
        while (true)
        {
            var message = await receive(cancellationToken);
            if (message is not WebSocketReceive || (!closed && IsAllowed(scope, own)))
            {
                return message;
            }

            if (!closed)
            {
                TellOf(scope).Exceeded("messages", scope);
            }

            if (!closed && !_options.DropMessages)
            {
                closed = true; // what came in the meantime is read no more; the disconnect is
                await send(new WebSocketClose(PolicyViolation, "too many messages"), CancellationToken.None);
            }
        }
    }

    private bool IsAllowed(RequestScope scope, RateLimiter? own)
    {
        using var ofConnection = own?.AttemptAcquire();
        if (ofConnection is { IsAcquired: false })
        {
            return false;
        }

        using var ofKey = _options.Messages?.AttemptAcquire(scope);
        return ofKey is null or { IsAcquired: true };
    }

    private static async Task RefuseAsync(RequestScope scope, RateLimitLease lease, Receive receive, Send send)
    {
        var headers = new HeaderList();
        if (lease.TryGetMetadata(MetadataName.RetryAfter, out var wait))
        {
            headers.Add("retry-after", Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture));
        }

        if (scope is HttpScope)
        {
            await Respond.TextAsync(send, "Too many requests", (int)HttpStatusCode.TooManyRequests, headers);
        }
        else if (await receive() is not WebSocketDisconnect)
        {
            await send(new WebSocketDenialStart((int)HttpStatusCode.TooManyRequests, headers));
            await send(new WebSocketDenialBody());
        }
    }

    // Of several first refusals at the same moment one makes it, or each would begin an episode.
    private Told TellOf(Scope scope) => _told ?? Interlocked.CompareExchange(ref _told, new Told(scope.Services), null) ?? _told;

    /// <summary>Counts what was refused, and writes of each episode once.</summary>
    private sealed partial class Told
    {
        private readonly ILogger _logger;
        private readonly FloodLog _flood;
        private readonly Counter<long> _exceeded;

        public Told(IServiceProvider services)
        {
            _logger = services.GetService<ILoggerFactory>()?.CreateLogger("Channels.Limits") ?? NullLogger.Instance;
            _flood = new FloodLog(_logger, services.GetService<TimeProvider>() ?? TimeProvider.System);
            var metrics = services.GetService<ChannelsMetrics>() ?? new ChannelsMetrics();
            _exceeded = metrics.Meter.CreateCounter<long>("channels.limits.exceeded", "{event}", "Handshakes, requests and messages above the limits of RateLimitMiddleware, by what was limited.");
        }

        public void Exceeded(string limit, RequestScope scope)
        {
            _exceeded.Add(1, new KeyValuePair<string, object?>("channels.limit", limit));
            if (_flood.Begins($"more {limit} than a limit allows", scope.Route.Template))
            {
                Exceeded(_logger, limit, HeaderText.Escape(scope.Path));
            }
        }

        [LoggerMessage(6002, LogLevel.Information, "More {Limit} than a limit allows, on '{Path}'; what is above it is refused")]
        private static partial void Exceeded(ILogger logger, string limit, string path);
    }
}
