namespace Channels.Benchmarks;

/// <summary>What a contestant can be asked to do; a workload asks for one of them.</summary>
[Flags]
internal enum LoadKinds
{
    None = 0,

    /// <summary>Send every message back.</summary>
    Echo = 1,

    /// <summary>Send every message to all members of a group.</summary>
    FanOut = 2,

    /// <summary>The same with rooms as an application has them: through a handler.</summary>
    Room = 4,

    /// <summary>The same with JSON objects that are read and written.</summary>
    FanOutJson = 8,

    /// <summary>Accept and close connections.</summary>
    Connect = 16,

    /// <summary>Send big messages back.</summary>
    Large = 32,

    /// <summary>Answer a plain request.</summary>
    Http = 64,

    /// <summary>Send messages of a kibibyte back.</summary>
    EchoKibibyte = 256,

    /// <summary>Hold connections that are members of a group.</summary>
    Idle = 128,

    /// <summary>The same for as long as a turn of pings takes.</summary>
    IdleTime = 2048,

    /// <summary>The same as <see cref="FanOut"/>, in all the ways that messages arrive and groups are large.</summary>
    FanOutShapes = 4096,

    /// <summary>Send every message to all members of a group, who may be connected to several processes.</summary>
    FanOutShared = 512,

    /// <summary>Give many clients what they missed.</summary>
    CatchUp = 8192,

    /// <summary>Hold clients that poll.</summary>
    Polls = 32768,

    /// <summary>Know who is where, for this program itself.</summary>
    Presence = 16384,

    /// <summary>Carry what this program itself sends through a layer.</summary>
    LayerSends = 1024,
}
