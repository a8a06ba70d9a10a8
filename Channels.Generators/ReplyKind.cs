namespace Channels.Generators;

/// <summary>What the handler of a route returns.</summary>
internal enum ReplyKind
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>A payload.</summary>
    Payload,

    /// <summary>A <c>SocketReply</c>.</summary>
    Reply,

    /// <summary>A <c>SocketReply&lt;T&gt;</c>.</summary>
    ReplyWithPayload,

    /// <summary>An <c>IAsyncEnumerable&lt;T&gt;</c>.</summary>
    Items,
}
