namespace Channels.SocketRouter;

/// <summary>What a request's frame says, before anybody has looked for its route. Slices of the frame, which nobody changes.</summary>
internal struct Envelope
{
    public Envelope() => Id = RequestId.Unknown;

    public RequestId Id;

    /// <summary>Null when there is none that is a text.</summary>
    public string? Route;

    /// <summary>The JSON of an object; empty when there are no headers.</summary>
    public ReadOnlyMemory<byte> Headers;

    /// <summary>The JSON of the payload; empty when there is none.</summary>
    public ReadOnlyMemory<byte> Payload;

    public ControlHeaders Control;

    /// <summary>Of the whole frame, which the slices keep, in bytes.</summary>
    public int Length;
}
