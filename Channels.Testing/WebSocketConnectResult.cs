using System.Text;

namespace Channels.Testing;

/// <summary>How an application answered a WebSocket handshake.</summary>
public sealed record WebSocketConnectResult
{
    /// <summary>True when the WebSocket is open.</summary>
    public bool Accepted => Status == 101;

    /// <summary>What a client sees: 101 when accepted, 403 when closed before accepting, else the status of the application's own response.</summary>
    public required int Status { get; init; }

    /// <summary>The subprotocol the application chose; null for none.</summary>
    public string? Subprotocol { get; init; }

    /// <summary>The headers the application added to its answer.</summary>
    public HeaderList Headers { get; init; } = [];

    /// <summary>The code with which the application closed instead of accepting; null when it did not. A real client never sees it.</summary>
    public int? CloseCode { get; init; }

    /// <summary>The reason with which the application closed instead of accepting. A real client never sees it.</summary>
    public string CloseReason { get; init; } = "";

    /// <summary>The body of the application's own refusal; empty when there is none.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The body as text.</summary>
    public string BodyText => Encoding.UTF8.GetString(Body.Span);
}
