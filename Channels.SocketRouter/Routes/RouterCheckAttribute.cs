namespace Channels.SocketRouter;

/// <summary>What all <see cref="SocketRoutesAttribute{TConsumer}"/> have in common.</summary>
public abstract class RouterCheckAttribute : ConsumerCheckAttribute
{
    private protected RouterCheckAttribute()
    {
    }

    internal abstract SocketRoutes Routes { get; }

    /// <inheritdoc/>
    public sealed override void Check(Type consumer, IServiceProvider services) => Routes.ThrowIfWrong();
}
