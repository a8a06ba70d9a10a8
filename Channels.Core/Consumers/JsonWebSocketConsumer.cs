using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Channels;

/// <summary>
/// Serves one WebSocket whose messages are JSON texts, read straight from the received UTF-8. What the peer sends wrong
/// closes the connection instead of raising an error: <see cref="OnInvalidMessageAsync"/>.
/// </summary>
/// <remarks>For messages of known types derive from <see cref="JsonWebSocketConsumer{TIn, TOut}"/>.</remarks>
public abstract partial class JsonWebSocketConsumer : WebSocketConsumer
{
    private string? _refusedAt; // the place in the last message that a contract refused

    /// <summary>A JSON message has come. Default ignores it.</summary>
    /// <param name="content">The content; it may be kept.</param>
    protected virtual ValueTask OnJsonAsync(JsonElement content) => ValueTask.CompletedTask;

    /// <summary>
    /// The peer has sent what is no acceptable JSON message. The default writes one log line and closes: 1003 for a
    /// binary message, 1007 for everything else.
    /// </summary>
    /// <param name="reason">What is wrong.</param>
    protected virtual ValueTask OnInvalidMessageAsync(InvalidMessageReason reason)
    {
        var place = _refusedAt;
        _refusedAt = null;
        if (Context.Faults.Flood.Begins($"an invalid message ({reason})", GetType().Name))
        {
            Log.InvalidMessage(Context.Faults.Logger, GetType().Name, HeaderText.Escape(Scope.Path), reason, place is null ? "" : $" at {HeaderText.Escape(place)}");
        }

        return reason == InvalidMessageReason.Binary ? CloseAsync(1003, "text messages only") : CloseAsync(1007, "no acceptable JSON");
    }

    /// <inheritdoc/>
    protected override ValueTask OnReceiveAsync(WebSocketReceive message)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (!message.IsText)
        {
            return OnInvalidMessageAsync(InvalidMessageReason.Binary);
        }

        return message.Payload.IsEmpty ? OnInvalidMessageAsync(InvalidMessageReason.Empty)
            : JsonText.HasLoneSurrogate(message.Payload.Span) ? OnInvalidMessageAsync(InvalidMessageReason.Malformed)
            : ReadJsonAsync(message.Payload);
    }

    /// <summary>Sends a JSON value in a text message.</summary>
    /// <param name="content">The value.</param>
    /// <param name="close">The code to close with behind the message. Default null, which does not close.</param>
    protected ValueTask SendJsonAsync(JsonElement content, int? close = null) => SendTextAsync(JsonText.Write(content), close);

    private protected virtual ValueTask ReadJsonAsync(ReadOnlyMemory<byte> utf8) => JsonText.TryParse(utf8.Span, out var content)
        ? OnJsonAsync(content)
        : OnInvalidMessageAsync(InvalidMessageReason.Malformed);

    /// <summary>For who looks why: what the contract threw may be the peer's content or a fault of the contract.</summary>
    private protected void NoteRefusal(Exception error)
    {
        if (error is JsonException misfit)
        {
            _refusedAt = misfit.Path is { Length: > 1 } path ? path : null; // "$" alone is the whole message
        }
        else
        {
            ContractRefusal.Note(Context.Faults.Logger, this, error);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2003, LogLevel.Information, "{Consumer} closes the connection to '{Path}' because its peer sent an invalid message: {Reason}{Place}.")]
        public static partial void InvalidMessage(ILogger logger, string consumer, string path, InvalidMessageReason reason, string place);
    }
}
