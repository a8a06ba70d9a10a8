namespace Channels.SocketRouter;

/// <summary>What a request got wrong, under the names that clients know from the Python package, and ours beside them.</summary>
internal enum CallError
{
    BadRequestFormat,
    InvalidData,
    AccessDenied,
    RouteNotFound,
    TopicNotJoined,
    NotRunning,
    RequestTimeout,
    Conflict,
    PayloadTooLarge,
    UnsupportedMediaType,
    TooManyRequests,
    TooManyTopics,
    Cancelled,
    InternalServerError,
    MethodNotImplemented,
    ServiceUnavailable,
}

/// <summary>The status that goes with an error, and its payload.</summary>
internal static class CallErrors
{
    public static int StatusOf(CallError error) => error switch
    {
        CallError.BadRequestFormat or CallError.InvalidData => 400,
        CallError.AccessDenied => 403,
        CallError.RouteNotFound or CallError.TopicNotJoined or CallError.NotRunning => 404,
        CallError.RequestTimeout => 408,
        CallError.Conflict => 409,
        CallError.PayloadTooLarge => 413,
        CallError.UnsupportedMediaType => 415,
        CallError.TooManyRequests or CallError.TooManyTopics => 429,
        CallError.Cancelled => 499,
        CallError.ServiceUnavailable => 503,
        _ => 500,
    };

    /// <summary>The payload, in the spelling of <see cref="ReplyWriter"/>.</summary>
    public static byte[] PayloadOf(CallError error) => System.Text.Encoding.ASCII.GetBytes($$"""{"error":"CallError.{{error}}"}""");
}
