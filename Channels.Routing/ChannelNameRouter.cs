namespace Channels.Routing;

/// <summary>
/// Chooses an application by the exact name of the channel a worker reads. Written with an initializer,
/// <c>new ChannelNameRouter { ["thumbnails-generate"] = Consumer.Of&lt;ThumbnailConsumer&gt;() }</c>.
/// </summary>
/// <remarks>Entries are added before the first use by one thread; after that the router is safe from any thread.</remarks>
public sealed class ChannelNameRouter : IApplicationNode
{
    private const string Name = nameof(ChannelNameRouter);

    private readonly NamedApplications _channels = new(Name, "channel");

    /// <inheritdoc/>
    public string Description => Name;

    /// <inheritdoc/>
    public IReadOnlyList<ApplicationBranch> Branches => _channels.Branches;

    /// <summary>The application for a channel; each channel is set once.</summary>
    /// <param name="channel">The channel's name, compared exactly.</param>
    /// <remarks>A channel that has an application already, or whose name is not valid, ends the start of the program, by <see cref="Prepare"/>, or else the first use.</remarks>
    /// <exception cref="InvalidOperationException">The router is in use already.</exception>
    /// <exception cref="KeyNotFoundException">Read: the channel has no application.</exception>
    public Application this[string channel]
    {
        get => _channels.Find(channel) ?? throw new KeyNotFoundException($"{Name} has no application for channel '{channel}'; it has: {_channels.Names}.");
        set => _channels.Add(channel, value, static name => ChannelNames.ThrowIfNotChannel(name));
    }

    /// <summary>The router as an application.</summary>
    /// <param name="router">The router.</param>
    public static implicit operator Application(ChannelNameRouter router)
    {
        ArgumentNullException.ThrowIfNull(router);
        return router.InvokeAsync;
    }

    /// <summary>The router as an application.</summary>
    public Application ToApplication() => InvokeAsync;

    /// <inheritdoc/>
    public void Prepare(IServiceProvider services) => _channels.Fix();

    /// <summary>Passes the channel's messages on, scope unchanged.</summary>
    /// <param name="scope">The channel that is read.</param>
    /// <param name="receive">Waits for the channel's next message.</param>
    /// <param name="send">Not used by workers.</param>
    /// <exception cref="UnsupportedScopeException">The scope is not a <see cref="ChannelScope"/>.</exception>
    /// <exception cref="RouteNotFoundException">No entry for the channel; the message lists the entries.</exception>
    public Task InvokeAsync(Scope scope, Receive receive, Send send)
    {
        ArgumentNullException.ThrowIfNull(scope);
        ArgumentNullException.ThrowIfNull(receive);
        ArgumentNullException.ThrowIfNull(send);
        _channels.Fix();
        if (scope is not ChannelScope { Channel: var channel })
        {
            return Task.FromException(new UnsupportedScopeException(Name, scope, "channel"));
        }

        return _channels.Find(channel) is { } application
            ? application(scope, receive, send)
            : Task.FromException(new RouteNotFoundException(
                $"{Name} has no application for channel '{HeaderText.Escape(channel)}'; it has: {_channels.Names}."));
    }
}
