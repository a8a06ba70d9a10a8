namespace Channels.SocketRouter;

/// <summary>Tells the contract what is pushed to clients beside topics. Once for each route.</summary>
/// <param name="route">The route, as given to <c>PushAsync</c>.</param>
/// <param name="payload">The payload's type; the context that <see cref="SocketRouterAttribute"/> names has its contract.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class SocketPushAttribute(string route, Type payload) : Attribute
{
    /// <summary>The route.</summary>
    public string Route { get; } = route;

    /// <summary>The payload's type.</summary>
    public Type Payload { get; } = payload;
}
