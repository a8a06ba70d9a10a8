using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Channels.SocketRouter;

/// <content>What generated code reads.</content>
public sealed partial class SocketRequest
{
    /// <summary>Reads the payload; false when it does not fit.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <param name="contract">Its contract.</param>
    /// <param name="mayBeNull">Whether null fits.</param>
    /// <param name="payload">The payload.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public bool TryRead<T>(JsonTypeInfo<T>? contract, bool mayBeNull, [MaybeNullWhen(false)] out T payload)
    {
        if (contract is null)
        {
            throw SocketAnswer.NoContract(typeof(T)); // the application's own mistake
        }

        try
        {
            payload = JsonSerializer.Deserialize(_payload.IsEmpty ? "null"u8 : _payload.Span, contract)!;
            return mayBeNull || payload is not null;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // The client's fault, whatever the contract, its converters or a constructor behind it threw at what they were given.
            if (error is not JsonException)
            {
                _peer.NoteRefusal(Route, error);
            }

            payload = default;
            return false;
        }
    }
}
