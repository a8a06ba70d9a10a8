namespace Channels.Extending;

/// <summary>How far the response to an HTTP request has come; in this order.</summary>
public enum HttpResponseState
{
    /// <summary>Nothing was sent: <see cref="HttpResponseStart"/> is next.</summary>
    Waiting,

    /// <summary>Status and headers are known, but no part of the body; a server may still answer something else.</summary>
    Started,

    /// <summary>In the middle of the body.</summary>
    Streaming,

    /// <summary>The body is complete, the announced trailers are not.</summary>
    Trailers,

    /// <summary>Nothing may follow; the application receives <see cref="HttpDisconnect"/>.</summary>
    Complete,
}
