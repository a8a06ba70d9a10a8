namespace Channels.Extending;

/// <summary>
/// For kinds of consumers that can know at start what would go wrong later: on a consumer class, it is asked when the host starts,
/// before the first connection. Derive from it; a generic one, <c>[Check&lt;MyConsumer&gt;]</c>, reaches static members of the class
/// without reflection.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public abstract class ConsumerCheckAttribute : Attribute
{
    /// <summary>Looks at the class; what is wrong with it is thrown, all of it in one message, and keeps the host from starting.</summary>
    /// <param name="consumer">The consumer class.</param>
    /// <param name="services">The host's services.</param>
    /// <exception cref="InvalidOperationException">Something is wrong; the message says what would be right.</exception>
    public abstract void Check(Type consumer, IServiceProvider services);
}
