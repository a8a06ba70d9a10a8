namespace Channels.Generators;

/// <summary>Whether a method answers requests, and with what.</summary>
internal enum AnswerKind
{
    /// <summary>It is a handler.</summary>
    No,

    /// <summary>It answers without content.</summary>
    Empty,

    /// <summary>A <c>ChannelMessage</c>.</summary>
    Message,

    /// <summary>A <c>MessageMap</c>.</summary>
    Map,

    /// <summary>A typed record.</summary>
    Typed,
}
