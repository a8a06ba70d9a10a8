using System.Text;

namespace Channels.Testing;

/// <summary>A complete HTTP response.</summary>
public sealed record HttpResult
{
    /// <summary>The status code.</summary>
    public required int Status { get; init; }

    /// <summary>The headers.</summary>
    public HeaderList Headers { get; init; } = [];

    /// <summary>The body, its parts joined.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The trailers; empty when none were sent.</summary>
    public HeaderList Trailers { get; init; } = [];

    /// <summary>The body as text.</summary>
    public string Text => Encoding.UTF8.GetString(Body.Span);
}
