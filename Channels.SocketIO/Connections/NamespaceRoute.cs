namespace Channels.SocketIO;

/// <summary>What serves a namespace.</summary>
/// <param name="Label">Its name, or the pattern that matched: text of the application's, for logs.</param>
/// <param name="Application">The application.</param>
/// <param name="Inner">The application without the middleware that it was added with.</param>
/// <param name="Captures">What the pattern took from the name.</param>
internal sealed record NamespaceRoute(string Label, Application Application, Application Inner, IReadOnlyDictionary<string, object?> Captures);
