namespace Channels.Extending;

/// <summary>
/// An application that serves every path below the place where it is routed, such as a router of paths or a whole web
/// site. A router's template that leads to one, directly or through middleware, is a prefix: the application reads the
/// rest of the path from <see cref="RouteMatch.Remaining"/>. To hand the connection back to the router's next route it
/// throws <see cref="RouteNotFoundException"/> before it has sent anything.
/// </summary>
public interface IPrefixApplication : IApplicationNode;
