namespace Channels.SocketIO;

/// <summary>How an event is emitted.</summary>
internal readonly record struct EmitFlags
{
    public bool IsLocal { get; init; }

    public bool IsVolatile { get; init; }

    public bool IsPlain { get; init; }

    /// <summary>How long acknowledgements are waited for; null for the default.</summary>
    public TimeSpan? Timeout { get; init; }
}
