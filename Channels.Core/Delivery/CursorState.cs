namespace Channels;

/// <summary>What a consumer does about a group that it follows.</summary>
internal enum CursorState
{
    /// <summary>It is not known yet where it begins.</summary>
    Joining,

    /// <summary>It lacks messages, and has not begun to read them.</summary>
    Behind,

    /// <summary>It takes what it missed.</summary>
    CatchingUp,

    /// <summary>It takes messages as they come.</summary>
    Live,
}
