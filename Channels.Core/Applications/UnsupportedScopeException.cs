namespace Channels;

/// <summary>
/// An application was called with a type of scope it does not serve. Thrown for the lifespan scope it means that the
/// application has no lifespan; thrown for the request or socket that a server has brought in it means that
/// nothing is served there in this protocol, which the server answers with 404; everywhere else it is a configuration error.
/// </summary>
public sealed class UnsupportedScopeException : NotSupportedException
{
    /// <summary>Makes the exception with a message of its own.</summary>
    /// <param name="message">What was called with which scope, and what would be right.</param>
    public UnsupportedScopeException(string message)
        : base(message)
    {
    }

    /// <summary>Names the application, the scope it got and the scopes it serves.</summary>
    /// <param name="application">The application's name.</param>
    /// <param name="scope">The scope it was called with.</param>
    /// <param name="served">The scope types it serves.</param>
    public UnsupportedScopeException(string application, Scope scope, params string[] served)
        : base($"{application} was called with a scope of type '{scope?.Type}', but serves: {string.Join(", ", served)}. Route '{scope?.Type}' elsewhere in the ProtocolTypeRouter.") => ScopeType = scope?.Type;

    /// <summary>The type that is not served; null where only the message tells it.</summary>
    internal string? ScopeType { get; }
}
