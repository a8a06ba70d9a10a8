using System.Runtime.CompilerServices;

namespace Channels.SocketIO;

/// <summary>Frames on their way into one WebSocket together.</summary>
[InlineArray(Size)]
internal struct FrameBatch
{
    public const int Size = 16;

    private Event _first;
}
