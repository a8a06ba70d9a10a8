using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Channels;

/// <summary>What a consumer is connected to; made once per connection by <see cref="ConsumerApplication{TConsumer}"/>.</summary>
internal sealed class ConsumerContext(Scope scope, Receive receive, Send send, IChannelLayer? layer, ConsumerFaults faults, bool scopePerEvent)
{
    private IServiceProvider? _eventServices; // null between events
    private MissedMessages? _missed;

    /// <summary>The category of everything that consumers log.</summary>
    public const string LogCategory = "Channels.Consumers";

    /// <summary>Replaced when the consumer learns more about its connection, such as who is at the other end.</summary>
    public Scope Scope { get; private set; } = scope;

    public Receive Receive { get; } = receive;

    public Send Send { get; } = send;

    public IChannelLayer? Layer => Groups.Layer;

    /// <summary>The consumer's own channel; null without a layer, and before <see cref="OpenAsync"/>.</summary>
    public ChannelInbox? Inbox { get; private set; }

    /// <summary>What the loop sleeps on, and what waits for it; null before <see cref="OpenAsync"/>.</summary>
    public Mailbox? Mailbox { get; private set; }

    public ConsumerGroups Groups { get; } = new(layer);

    public ConsumerFaults Faults { get; } = faults;

    public bool ScopePerEvent { get; } = scopePerEvent;

    /// <summary>Services of the event at hand; those of the connection without a scope per event.</summary>
    /// <exception cref="InvalidOperationException">There is a scope per event, and the caller handles none.</exception>
    public IServiceProvider EventServices => !ScopePerEvent ? Scope.Services : (Detached is { IsCurrent: true } ? null : _eventServices) ?? throw new InvalidOperationException(
        "EventServices are read while no event is handled: inside detached work use Detach((services, token) => …), which brings fresh services; elsewhere make a scope by Scope.Services.CreateAsyncScope().");

    /// <summary>Work that outlives its event; null until there is some.</summary>
    public DetachedWork? Detached { get; set; }

    /// <summary>The time at which the connection is closed; null for none.</summary>
    public TimedClose? Closing { get; set; }

    /// <summary>What the consumer lacks of the groups whose history it follows; null until it follows one.</summary>
    public MissedMessages? Missed => Volatile.Read(ref _missed);

    /// <summary>Whether the clean-up has begun.</summary>
    public bool HasEnded { get; set; }

    /// <summary>Whether one of the consumer's own handlers threw.</summary>
    public bool HandlerFailed { get; set; }

    /// <summary>Opens the consumer's channel, if there is a layer.</summary>
    /// <exception cref="ChannelLayerUnavailableException">The layer cannot; the consumer goes on without a channel.</exception>
    public async ValueTask OpenAsync()
    {
        try
        {
            if (Layer is not null)
            {
                Inbox = await Layer.NewChannelAsync(cancellationToken: Scope.Aborted);
                Groups.Begin(this);
            }
        }
        finally
        {
            Mailbox = Inbox?.Mailbox ?? new Mailbox("", MailboxSettings.WithoutLayer);
        }
    }

    /// <summary>Replaces the facts about the connection.</summary>
    /// <exception cref="ArgumentException">They are no copy of the former ones.</exception>
    public void ReplaceScope(Scope scope)
    {
        if (scope.GetType() != Scope.GetType() || !ReferenceEquals(scope.Services, Scope.Services) || scope.Aborted != Scope.Aborted)
        {
            throw new ArgumentException("The scope is not a copy of this connection's own: change it by 'Scope with { … }' or Scope.With.", nameof(scope));
        }

        Scope = scope;
    }

    /// <summary>The history of the layer's groups.</summary>
    /// <exception cref="InvalidOperationException">The layer has none.</exception>
    public IGroupHistory RequireHistory(IChannelLayer layer) => Missed?.History ?? (Scope.Services as IKeyedServiceProvider)?.GetKeyedService<IGroupHistory>(layer.Alias)
        ?? throw new InvalidOperationException($"The channel layer '{layer.Alias}' has no history: add one to services.AddChannels() by AddHistory, or choose a layer that brings its own, as those in memory and over Redis do.");

    /// <summary>The presence of the layer's groups.</summary>
    /// <exception cref="InvalidOperationException">The layer has none.</exception>
    public IGroupPresence RequirePresence(IChannelLayer layer) => (Scope.Services as IKeyedServiceProvider)?.GetKeyedService<IGroupPresence>(layer.Alias)
        ?? throw new InvalidOperationException($"The channel layer '{layer.Alias}' has no presence: add one to services.AddChannels() by AddPresence, or choose a layer that brings its own, as those in memory and over Redis do.");

    /// <summary>Requests through the layer.</summary>
    /// <exception cref="InvalidOperationException">The services know of none.</exception>
    public ChannelRequests RequireRequests(IChannelLayer layer) => FindRequests(layer)
        ?? throw new InvalidOperationException($"The channel layer '{layer.Alias}' was not registered by services.AddChannels(), so there are no requests through it.");

    /// <summary>Requests through the layer; null for one that was not registered.</summary>
    public ChannelRequests? FindRequests(IChannelLayer layer) => (Scope.Services as IKeyedServiceProvider)?.GetKeyedService<ChannelRequests>(layer.Alias);

    /// <summary>Ends the presence of the connection in groups; gives what failed, null for nothing.</summary>
    public async ValueTask<List<Exception>?> UntrackAsync(IReadOnlyCollection<string> groups)
    {
        List<Exception>? errors = null;
        foreach (var group in groups)
        {
            try
            {
                var grace = (Scope.Services as IKeyedServiceProvider)?.GetKeyedService<PresenceGrace>(Layer!.Alias); // it was tracked by them
                await (grace?.LeaveAsync(group, Inbox!.Name) ?? RequirePresence(Layer!).UntrackAsync(group, Inbox!.Name));
            }
            catch (Exception error)
            {
                (errors ??= []).Add(error); // the other groups must be left all the same
            }
        }

        return errors;
    }

    /// <summary>As <see cref="Missed"/>, made when it is not there yet. For any thread.</summary>
    /// <exception cref="InvalidOperationException">The layer has no history.</exception>
    public MissedMessages RequireMissed(Type consumer, IChannelLayer layer)
    {
        if (Missed is { } there)
        {
            return there;
        }

        var made = new MissedMessages(RequireHistory(layer), Mailbox!, error => Faults.LayerFailed(consumer, layer.Alias, error)); // groups begin with the mailbox
        return Interlocked.CompareExchange(ref _missed, made, null) ?? made;
    }

    /// <summary>Handles an event, or what counts as one, with services of its own.</summary>
    public async ValueTask InEventScopeAsync<TState>(TState state, Func<TState, ValueTask> handle)
    {
        await using var services = Scope.Services.CreateAsyncScope();
        _eventServices = services.ServiceProvider;
        try
        {
            await handle(state);
        }
        finally
        {
            _eventServices = null;
        }
    }

    /// <summary>Judges a failure with services of the judge's own.</summary>
    public async ValueTask<bool> JudgeInEventScopeAsync(Func<ValueTask<bool>> judge)
    {
        var verdict = false;
        await InEventScopeAsync(judge, async judging => { verdict = await judging(); });
        return verdict;
    }

    /// <summary>Wakes the loop to look at what has changed.</summary>
    public void Wake() => Mailbox?.Wake(); // before there is one the loop has not begun, and looks by itself

    /// <summary>Where the consumer's faults are logged; nowhere without a host.</summary>
    public static ILogger Logger(IServiceProvider services) =>
        (services.GetService(typeof(ILoggerFactory)) as ILoggerFactory)?.CreateLogger(LogCategory) ?? NullLogger.Instance;
}
