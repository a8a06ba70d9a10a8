namespace Channels.Extending;

/// <summary>A consumer class in the tree of applications, for those who describe what it understands.</summary>
public interface IConsumerNode : IApplicationNode
{
    /// <summary>The consumer class.</summary>
    Type ConsumerType { get; }

    /// <summary>The JSON contracts of a <see cref="JsonWebSocketConsumer{TIn, TOut}"/>; null for any other class.</summary>
    /// <param name="services">The host's services: an instance is made and disposed.</param>
    /// <exception cref="InvalidOperationException">The class cannot be constructed.</exception>
    JsonMessageContracts? FindMessages(IServiceProvider services);
}
