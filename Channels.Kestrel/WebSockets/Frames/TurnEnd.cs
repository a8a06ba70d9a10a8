namespace Channels.Kestrel;

/// <summary>Why a turn of <see cref="FrameInbound"/> stopped parsing.</summary>
internal enum TurnEnd
{
    /// <summary>Everything usable was used.</summary>
    NeedMore,

    /// <summary>There is more, but others have waited long enough.</summary>
    Yield,

    /// <summary>The application has enough for now.</summary>
    Full,

    /// <summary>Nothing more is to be read, ever.</summary>
    Finished,
}
