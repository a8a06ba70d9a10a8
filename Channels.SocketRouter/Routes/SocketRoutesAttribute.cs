namespace Channels.SocketRouter;

/// <summary>Checks the routes of a router when the host starts; generated with them, or written on a class whose table is written by hand.</summary>
/// <typeparam name="TConsumer">The class itself.</typeparam>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class SocketRoutesAttribute<TConsumer> : RouterCheckAttribute
    where TConsumer : ISocketRouter
{
    internal override SocketRoutes Routes => TConsumer.RouteTable;
}
