using System.Buffers;

namespace Channels.Layers.Redis;

/// <summary>A serializer that writes the entries of a message where they are; for others they are put into a map first.</summary>
internal interface IWireEntriesSerializer
{
    /// <summary>Its part of <see cref="WireLua"/>.</summary>
    string Lua { get; }

    void Serialize(WireEntries entries, IBufferWriter<byte> output);
}
