namespace Channels.Generators;

/// <summary>What a handler takes.</summary>
internal enum PayloadKind
{
    /// <summary>Nothing: the message's type says it all.</summary>
    None,

    /// <summary>The <c>ChannelMessage</c> itself.</summary>
    Message,

    /// <summary>The content as a <c>MessageMap</c>.</summary>
    Map,

    /// <summary>An <c>ITypedMessage&lt;T&gt;</c> record.</summary>
    Typed,

    /// <summary>A base of <c>[Message]</c> records, named by its <c>[JsonDerivedType]</c> attributes: each is a <see cref="Typed"/> one in the model.</summary>
    Family,

    /// <summary>An <c>Event</c> of the application's own, picked by its CLR type.</summary>
    Event,
}
