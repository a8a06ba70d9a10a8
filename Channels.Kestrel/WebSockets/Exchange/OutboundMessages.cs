using System.Runtime.CompilerServices;

namespace Channels.Kestrel;

/// <summary>Messages for one socket that are queued under one lock; lives on the stack.</summary>
[InlineArray(Size)]
internal struct OutboundMessages
{
    public const int Size = 16;

    private OutboundMessage _first;
}
