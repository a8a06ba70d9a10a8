namespace Channels;

/// <summary>What is wrong with a message that should have been JSON.</summary>
public enum InvalidMessageReason
{
    /// <summary>A binary message.</summary>
    Binary,

    /// <summary>An empty text.</summary>
    Empty,

    /// <summary>No JSON, or nested deeper than 64 levels.</summary>
    Malformed,

    /// <summary>JSON that does not fit the expected type.</summary>
    WrongShape,
}
