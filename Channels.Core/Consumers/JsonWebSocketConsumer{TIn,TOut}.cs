using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Channels;

/// <summary>
/// Serves one WebSocket whose messages are JSON texts of two known types. What the peer sends wrong, also a JSON text
/// that does not fit, closes the connection: <see cref="JsonWebSocketConsumer.OnInvalidMessageAsync"/>.
/// </summary>
/// <typeparam name="TIn">What the peer sends.</typeparam>
/// <typeparam name="TOut">What the peer gets.</typeparam>
/// <param name="incoming">The JSON contract of <typeparamref name="TIn"/>, usually from a source-generated context. Its options set the depth limit, 64 by default.</param>
/// <param name="outgoing">The JSON contract of <typeparamref name="TOut"/>.</param>
public abstract class JsonWebSocketConsumer<TIn, TOut>(JsonTypeInfo<TIn> incoming, JsonTypeInfo<TOut> outgoing) : JsonWebSocketConsumer, IJsonMessages
{
    JsonMessageContracts IJsonMessages.Contracts => new(incoming, outgoing);

    /// <summary>A message has come. Default ignores it.</summary>
    /// <param name="message">The message; the JSON text <c>null</c> never gets here.</param>
    protected virtual ValueTask OnJsonAsync(TIn message) => ValueTask.CompletedTask;

    /// <summary>Sends an object as JSON in a text message.</summary>
    /// <param name="message">The object. While a layer message is handled, objects sent by several consumers must not change.</param>
    /// <param name="close">The code to close with behind the message. Default null, which does not close.</param>
    protected ValueTask SendJsonAsync(TOut message, int? close = null) => SendJsonAsync(message, outgoing, close);

    private protected sealed override ValueTask ReadJsonAsync(ReadOnlyMemory<byte> utf8)
    {
        TIn? message;
        try
        {
            message = JsonSerializer.Deserialize(utf8.Span, incoming);
        }
        catch (Exception error) when (ForeignContent.IsRefusal(error))
        {
            // A fault of the peer, whatever the contract or a constructor behind it threw: it gets a close code, and the
            // reason is told apart only now.
            NoteRefusal(error);
            return OnInvalidMessageAsync(JsonText.IsWellFormed(utf8.Span) ? InvalidMessageReason.WrongShape : InvalidMessageReason.Malformed);
        }

        return message is null ? OnInvalidMessageAsync(InvalidMessageReason.WrongShape) : OnJsonAsync(message);
    }
}
