using System.Buffers;
using System.Globalization;

namespace Channels.SocketIO;

/// <summary>What a POST has brought.</summary>
/// <param name="Bytes">The bytes, when it has come whole.</param>
/// <param name="IsComplete">Whether it has come whole.</param>
/// <param name="IsTooLong">Whether it is longer than it may be; it was read no further then.</param>
internal readonly record struct PostBody(ReadOnlyMemory<byte> Bytes, bool IsComplete, bool IsTooLong)
{
    /// <summary>Whether the client says that it sends bytes, which this revision of the protocol does not have.</summary>
    public static bool IsBinary(HttpScope request) => request.Headers["content-type"]?.StartsWith("application/octet-stream", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Reads the body; nothing when more is announced than may be, and never more than that and the part at hand.</summary>
    /// <param name="request">The request.</param>
    /// <param name="receive">Its events.</param>
    /// <param name="most">How many bytes it may have.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async ValueTask<PostBody> ReadAsync(HttpScope request, Receive receive, int most, CancellationToken cancellationToken)
    {
        if (long.TryParse(request.Headers["content-length"], NumberStyles.None, CultureInfo.InvariantCulture, out var announced) && announced > most)
        {
            return new(default, IsComplete: false, IsTooLong: true);
        }

        ArrayBufferWriter<byte>? joined = null;
        var held = default(MemoryShare); // until the request ends
        while (await receive(cancellationToken) is HttpRequest part)
        {
            if ((joined?.WrittenCount ?? 0) + (long)part.Body.Length > most)
            {
                return new(default, IsComplete: false, IsTooLong: true);
            }

            if (joined is null && !part.MoreBody)
            {
                held.Set(part.Body.Length, request);
                return new(part.Body, IsComplete: true, IsTooLong: false); // the event owns its bytes, so they may be kept
            }

            (joined ??= new()).Write(part.Body.Span);
            held.Set(joined.Capacity, request);
            if (!part.MoreBody)
            {
                return new(joined.WrittenMemory, IsComplete: true, IsTooLong: false);
            }
        }

        return default;
    }
}
