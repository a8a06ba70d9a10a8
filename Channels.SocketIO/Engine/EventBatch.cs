using System.Runtime.CompilerServices;

namespace Channels.SocketIO;

/// <summary>Events on their way into one connection together.</summary>
[InlineArray(Size)]
internal struct EventBatch
{
    public const int Size = 16;

    private Event _first;
}
