namespace Channels.SocketRouter;

/// <summary>A router class whose routes are known before there is a connection; generated for classes with <see cref="SocketRouteAttribute"/> methods.</summary>
public interface ISocketRouter
{
    /// <summary>The routes.</summary>
    static abstract SocketRoutes RouteTable { get; }
}
