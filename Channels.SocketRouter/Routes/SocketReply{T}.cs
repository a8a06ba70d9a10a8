using System.Text.Json.Nodes;

namespace Channels.SocketRouter;

/// <summary>What a handler returns that has more to say than its payload.</summary>
/// <typeparam name="T">The payload.</typeparam>
/// <param name="Payload">The payload; null is one.</param>
/// <param name="Status">100 to 599; dehydrate is called for 200 to 299. Default 200.</param>
/// <param name="Headers">Headers for the client; null for none.</param>
public sealed record SocketReply<T>(T? Payload, int Status = 200, JsonObject? Headers = null)
{
    /// <summary>Whether dehydrate is called.</summary>
    public bool IsSuccess => Status is >= 200 and < 300;

    /// <summary>A payload with status 200.</summary>
    /// <param name="payload">The payload.</param>
    public static implicit operator SocketReply<T>(T? payload) => new(payload);

    /// <summary>A reply without a payload.</summary>
    /// <param name="reply">The reply.</param>
    public static implicit operator SocketReply<T>(SocketReply reply)
    {
        ArgumentNullException.ThrowIfNull(reply);
        return new(default, reply.Status, reply.Headers);
    }
}
