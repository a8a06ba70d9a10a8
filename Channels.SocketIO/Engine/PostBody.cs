using System.Buffers;

namespace Channels.SocketIO;

/// <summary>What a POST has brought.</summary>
/// <param name="Bytes">The bytes, when it has come whole.</param>
/// <param name="IsComplete">Whether it has come whole.</param>
/// <param name="IsTooLong">Whether it is longer than it may be; it was read no further then.</param>
internal readonly record struct PostBody(ReadOnlyMemory<byte> Bytes, bool IsComplete, bool IsTooLong)
{
    /// <summary>Reads the body; never more than may be, and what has come with its last part.</summary>
    /// <param name="receive">The request's events.</param>
    /// <param name="most">How many bytes it may have.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async ValueTask<PostBody> ReadAsync(Receive receive, int most, CancellationToken cancellationToken)
    {
        ArrayBufferWriter<byte>? joined = null;
        while (await receive(cancellationToken) is HttpRequest part)
        {
            if ((joined?.WrittenCount ?? 0) + (long)part.Body.Length > most)
            {
                return new(default, IsComplete: false, IsTooLong: true);
            }

            if (joined is null && !part.MoreBody)
            {
                return new(part.Body, IsComplete: true, IsTooLong: false); // the event owns its bytes, so they may be kept
            }

            (joined ??= new()).Write(part.Body.Span);
            if (!part.MoreBody)
            {
                return new(joined.WrittenMemory, IsComplete: true, IsTooLong: false);
            }
        }

        return default;
    }
}
