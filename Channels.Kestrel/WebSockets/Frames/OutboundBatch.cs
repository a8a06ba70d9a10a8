using System.Runtime.CompilerServices;

namespace Channels.Kestrel;

/// <summary>Pieces taken from the queue under one lock; lives on the stack.</summary>
[InlineArray(Size)]
internal struct OutboundBatch
{
    public const int Size = 16;

    private OutboundPiece _first;
}
