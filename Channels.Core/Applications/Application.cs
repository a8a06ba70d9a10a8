namespace Channels;

/// <summary>
/// Everything that serves a connection: called once per connection, and ends with it. Routers, middleware, consumers
/// and plain functions all have this shape and nest freely (ASGI specification, "Applications").
/// </summary>
/// <param name="scope">The facts about the connection.</param>
/// <param name="receive">Waits for the next event from the peer.</param>
/// <param name="send">Sends an event to the peer.</param>
/// <returns>A task that ends when the application is done with the connection; its failure ends the connection.</returns>
/// <exception cref="UnsupportedScopeException">The application does not serve this type of scope.</exception>
public delegate Task Application(Scope scope, Receive receive, Send send);
