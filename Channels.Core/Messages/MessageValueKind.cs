namespace Channels;

/// <summary>The eight types that a layer message may hold (channel layer specification; msgpack and JSON on the wire).</summary>
public enum MessageValueKind
{
    /// <summary>Nothing.</summary>
    Null,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>A signed 64-bit integer; unsigned values above <see cref="long.MaxValue"/> can be received.</summary>
    Integer,

    /// <summary>An IEEE 754 double.</summary>
    Double,

    /// <summary>Text.</summary>
    Text,

    /// <summary>Bytes.</summary>
    Bytes,

    /// <summary>A list of values.</summary>
    List,

    /// <summary>A map from text to values.</summary>
    Map,
}
