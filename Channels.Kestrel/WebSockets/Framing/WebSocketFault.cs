namespace Channels.Kestrel;

/// <summary>A peer's breach of the protocol: the code and reason to close with. Never holds peer text.</summary>
internal sealed record WebSocketFault(int Code, string Reason)
{
    public static readonly WebSocketFault ReservedBits = new(1002, "reserved bits are set");
    public static readonly WebSocketFault UnknownOpcode = new(1002, "unknown opcode");
    public static readonly WebSocketFault Unmasked = new(1002, "client frames must be masked");
    public static readonly WebSocketFault LongControlFrame = new(1002, "control frame over 125 bytes");
    public static readonly WebSocketFault FragmentedControlFrame = new(1002, "fragmented control frame");
    public static readonly WebSocketFault NothingToContinue = new(1002, "nothing to continue");
    public static readonly WebSocketFault InterruptedMessage = new(1002, "new message inside a fragmented one");
    public static readonly WebSocketFault WastefulLength = new(1002, "length not in its shortest form");
    public static readonly WebSocketFault ImpossibleLength = new(1002, "length above 2^63");
    public static readonly WebSocketFault FrameTooLong = new(1009, "frame too long");
    public static readonly WebSocketFault MessageTooLong = new(1009, "message too long");
    public static readonly WebSocketFault NotText = new(1007, "not valid UTF-8");
    public static readonly WebSocketFault NotDeflated = new(1007, "not valid deflate data");
    public static readonly WebSocketFault TooManyFrames = new(1008, "too many frames per second");
    public static readonly WebSocketFault Overloaded = new(1013, "out of memory for slow peers");
    public static readonly WebSocketFault BadCloseFrame = new(1002, "malformed close frame");
    public static readonly WebSocketFault BadCloseCode = new(1002, "close code not allowed");
}
