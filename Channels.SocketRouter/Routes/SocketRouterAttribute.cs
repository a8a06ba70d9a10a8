namespace Channels.SocketRouter;

/// <summary>
/// Names the JSON contracts of a <see cref="SocketRouterConsumer"/>: payloads and results of its routes are read and written by them.
/// Texts, numbers, booleans and <see cref="System.Text.Json.JsonElement"/> need none.
/// </summary>
/// <param name="context">A <see cref="System.Text.Json.Serialization.JsonSerializerContext"/>.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class SocketRouterAttribute(Type context) : Attribute
{
    /// <summary>The context.</summary>
    public Type Context { get; } = context;
}
