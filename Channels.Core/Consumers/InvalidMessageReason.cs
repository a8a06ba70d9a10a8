namespace Channels;

/// <summary>What is wrong with a message that should have been JSON.</summary>
public enum InvalidMessageReason
{
    /// <summary>A binary message.</summary>
    Binary,

    /// <summary>An empty text.</summary>
    Empty,

    /// <summary>No JSON, nested deeper than 64 levels, or a text with half a character in it (<c>\ud800</c> alone).</summary>
    Malformed,

    /// <summary>JSON that does not fit the expected type, or that its contract or constructor refuses.</summary>
    WrongShape,
}
