namespace Channels.Kestrel;

/// <summary>What <see cref="MessageReader.Read"/> found.</summary>
internal enum ReadOutcome
{
    /// <summary>Nothing complete; everything usable has been taken from the input.</summary>
    NeedMore,

    /// <summary>A frame whose message goes on.</summary>
    Fragment,

    /// <summary>A whole message: <see cref="MessageReader.Kind"/> and <see cref="MessageReader.TakeMessage"/>.</summary>
    Message,

    /// <summary>A ping; <see cref="MessageReader.Control"/> is its body.</summary>
    Ping,

    /// <summary>A pong; nobody needs its body.</summary>
    Pong,

    /// <summary>A close frame; <see cref="MessageReader.Control"/> is its body.</summary>
    Close,

    /// <summary>The peer broke the protocol; <see cref="MessageReader.Fault"/> tells how. Nothing may be read afterwards.</summary>
    Fault,
}
