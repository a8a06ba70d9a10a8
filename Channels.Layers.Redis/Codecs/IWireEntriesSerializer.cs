using System.Buffers;

namespace Channels.Layers.Redis;

/// <summary>A serializer that writes the entries of a message where they are; for others they are put into a map first.</summary>
internal interface IWireEntriesSerializer
{
    void Serialize(WireEntries entries, IBufferWriter<byte> output);
}
