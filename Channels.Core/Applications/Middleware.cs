namespace Channels;

/// <summary>
/// Puts an application around another one. It may refuse the connection, pass on a changed copy of the scope, or wrap
/// <see cref="Receive"/> and <see cref="Send"/>. Called once when the application is put together, never per connection.
/// </summary>
/// <param name="inner">The application inside.</param>
/// <returns>The application around it; derive from <see cref="ApplicationMiddleware"/> so that the tree can be walked.</returns>
public delegate Application Middleware(Application inner);
