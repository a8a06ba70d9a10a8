namespace Channels.Kestrel;

/// <summary>The application to serve, made once when it is first asked for.</summary>
internal sealed class RootApplication(Application? root, Func<IServiceProvider, Application>? factory)
{
    private readonly Lock _making = new();
    private Application? _root = root;

    public Application Get(IServiceProvider services)
    {
        lock (_making)
        {
            return _root ??= factory?.Invoke(services)
                ?? throw new InvalidOperationException("There is nothing to serve: set Root (or RootFactory) of the ChannelsHostBuilder before it is built.");
        }
    }
}
