namespace Channels.Benchmarks;

/// <summary>Frames every message once and queues the same bytes to every socket of the group.</summary>
internal sealed class LimitPublisher(LimitGroup group) : LimitReceiver
{
    private readonly List<LimitSocket> _waiting = [];

    internal override void OnMessage(byte first, MaskedPayload payload)
    {
        var frame = new byte[LimitFrames.HeaderSize(payload.Length) + payload.Length];
        LimitFrames.Write(frame, first, payload);
        foreach (var socket in group.Members)
        {
            if (socket.Enqueue(frame)) _waiting.Add(socket);
        }
    }

    internal override ValueTask FlushAsync()
    {
        foreach (var socket in _waiting) socket.Drain();
        _waiting.Clear();
        return ValueTask.CompletedTask;
    }
}
