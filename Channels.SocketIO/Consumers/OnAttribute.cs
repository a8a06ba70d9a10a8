namespace Channels.SocketIO;

/// <summary>
/// Makes a method of a <c>partial</c> <see cref="SocketIOConsumer"/> the handler of one event. Only marked methods can be
/// reached by a client; a source generator writes the dispatch at compile time.
/// </summary>
/// <remarks>
/// The method's parameters are the event's arguments in their order, each of a type with a JSON contract, <c>byte[]</c> or
/// <c>ReadOnlyMemory&lt;byte&gt;</c>; those that may be null, or have a default, may be missing. An event whose arguments do not
/// fit is passed over, and logged once. In place of them all stands one <see cref="SocketIOArguments"/>. Behind them may stand
/// an <see cref="Acknowledgement"/> and a <see cref="CancellationToken"/>, which is <see cref="Scope.Aborted"/>. What the method returns, itself or by a <see cref="Task{TResult}"/>
/// or <see cref="ValueTask{TResult}"/>, is the acknowledgement, where the client waits for one; a method that returns nothing
/// acknowledges without arguments when it is done, unless it takes an <see cref="Acknowledgement"/> to do so itself.
/// </remarks>
/// <param name="name">The event's name: any text, matched exactly.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OnAttribute(string name) : Attribute
{
    /// <summary>The event's name.</summary>
    public string Name { get; } = name;
}
