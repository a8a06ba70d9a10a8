using System.Buffers;
using Channels.Layers.Redis;

namespace Channels.Tests.Layers.Redis;

/// <summary>A serializer that holds whoever writes a message of one type, from <see cref="Hold"/> on, until <see cref="Release"/>.</summary>
internal sealed class HeldSerializer(string type) : IMessageSerializer, IDisposable
{
    private readonly MsgpackSerializer _serializer = new();
    private readonly ManualResetEventSlim _free = new(initialState: true);
    private volatile bool _holds;

    public string Format => "held";

    /// <summary>Whether somebody has been held.</summary>
    public bool Holds => _holds;

    public void Hold() => _free.Reset();

    public void Release() => _free.Set();

    public void Serialize(MessageMap message, IBufferWriter<byte> output)
    {
        if (message["type"].GetText() == type && !_free.IsSet)
        {
            _holds = true;
            _free.Wait(); // writing is synchronous: to hold it up is to hold its thread
        }

        _serializer.Serialize(message, output);
    }

    public MessageMap Deserialize(ReadOnlySpan<byte> body) => _serializer.Deserialize(body);

    public void Dispose() => _free.Dispose();
}
