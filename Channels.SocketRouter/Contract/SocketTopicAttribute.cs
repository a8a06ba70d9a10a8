namespace Channels.SocketRouter;

/// <summary>Tells the contract what is published to a topic. Once for each event.</summary>
/// <param name="topic">The topic; <c>*</c> stands for any text: <c>room.*</c>.</param>
/// <param name="route">The event, as given to <c>PublishAsync</c>.</param>
/// <param name="payload">The payload's type; the context that <see cref="SocketRouterAttribute"/> names has its contract.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class SocketTopicAttribute(string topic, string route, Type payload) : Attribute
{
    /// <summary>The topic.</summary>
    public string Topic { get; } = topic;

    /// <summary>The event.</summary>
    public string Route { get; } = route;

    /// <summary>The payload's type.</summary>
    public Type Payload { get; } = payload;
}
