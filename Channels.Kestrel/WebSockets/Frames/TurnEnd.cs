namespace Channels.Kestrel;

/// <summary>Why a turn of <see cref="FrameInbound"/> stopped parsing.</summary>
internal enum TurnEnd
{
    /// <summary>Everything usable was used.</summary>
    NeedMore,

    /// <summary>The application has enough for now.</summary>
    Full,

    /// <summary>Nothing more is to be read, ever.</summary>
    Finished,
}
