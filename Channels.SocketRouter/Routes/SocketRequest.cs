using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.SocketRouter;

/// <summary>One request while it is handled. For its own stages, which run one after the other.</summary>
public sealed partial class SocketRequest
{
    private static readonly JsonElement NoHeaders = JsonElement.Parse("{}"u8);
    private static readonly JsonElement NullPayload = JsonElement.Parse("null"u8);

    private readonly IRequestPeer _peer;
    private readonly ReadOnlyMemory<byte> _headers;
    private readonly ReadOnlyMemory<byte> _payload;
    private Dictionary<string, object?>? _store;
    private AsyncServiceScope? _services;

    internal SocketRequest(IRequestPeer peer, SocketRoute declared, in Envelope envelope)
    {
        (_peer, Declared, Id, Control) = (peer, declared, envelope.Id, envelope.Control);
        (_headers, _payload, Length) = (envelope.Headers, envelope.Payload, envelope.Length);
    }

    /// <summary>The route's name.</summary>
    public string Route => Declared.Name;

    /// <summary>The client's own name for the request: a text, or the digits of a number.</summary>
    public string Uuid => Id.ToString();

    /// <summary>The headers; an empty object when there are none.</summary>
    public JsonElement Headers => field.ValueKind != JsonValueKind.Undefined ? field : field = _headers.IsEmpty ? NoHeaders : Parse(_headers);

    /// <summary>The payload as it came; null when there is none.</summary>
    public JsonElement Payload => field.ValueKind != JsonValueKind.Undefined ? field : field = _payload.IsEmpty ? NullPayload : Parse(_payload);

    /// <summary>For what one stage has to tell the later ones; empty at first.</summary>
    public IDictionary<string, object?> Store => _store ??= new(StringComparer.Ordinal);

    /// <summary>Services of this request, such as its database context; disposed when it is answered.</summary>
    public IServiceProvider Services => (_services ??= _peer.Services.CreateAsyncScope()).ServiceProvider;

    internal SocketRoute Declared { get; }

    internal RequestId Id { get; }

    internal ControlHeaders Control { get; }

    /// <summary>How many bytes it holds: those of its frame.</summary>
    internal int Length { get; }

    private JsonElement Parse(ReadOnlyMemory<byte> json) => JsonElement.Parse(json.Span, new JsonDocumentOptions { MaxDepth = _peer.Options.MaxPayloadDepth });
}
