namespace Channels;

/// <summary>
/// A connection's output that takes messages nobody has to look at any more. Servers implement it on the target of the
/// <see cref="Send"/> they give out; where no middleware has wrapped that, messages made by
/// <c>ChannelMessage.Forward</c> go from the layer straight to the socket while the consumer sleeps.
/// </summary>
public interface IForwardOutput
{
    /// <summary>The object that does it, asked for once per connection: what stands in front of it would be one step more for every message. Must not throw. Default this one.</summary>
    IForwardOutput Direct => this;

    /// <summary>What a message will need behind this object: fetched into the processor's cache when one is about to come. Must not throw. Default nothing.</summary>
    object? NeededNext => null;

    /// <summary>
    /// Takes as many messages as there is room for, in their order. Thread-safe; never waits, and runs no code of the
    /// application's.
    /// </summary>
    /// <param name="messages">The messages.</param>
    /// <returns>How many were taken; less than all when the connection is not open, or its queue is full.</returns>
    int Forward(ReadOnlySpan<WebSocketSend> messages);
}
