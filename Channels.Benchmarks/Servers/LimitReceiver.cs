using System.Buffers;

namespace Channels.Benchmarks;

/// <summary>What happens to the messages of one socket; called by one reader at a time.</summary>
internal abstract class LimitReceiver
{
    /// <summary>A message; the payload is still masked and valid during the call only.</summary>
    internal abstract void OnMessage(byte first, MaskedPayload payload);

    internal virtual void OnClose()
    {
    }

    /// <summary>All messages of one read were handled.</summary>
    internal abstract ValueTask FlushAsync();
}
