namespace Channels.Kestrel;

/// <summary>What a frame is (RFC 6455, section 5.2). Values 3–7 and 11–15 are reserved and never accepted.</summary>
internal enum FrameOpcode : byte
{
    Continuation = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}
