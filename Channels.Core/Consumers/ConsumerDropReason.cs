namespace Channels;

/// <summary>Why a consumer dropped a layer message.</summary>
public enum ConsumerDropReason
{
    /// <summary>The consumer has no handler for the type.</summary>
    UnknownType,

    /// <summary>The content does not fit the handler's record.</summary>
    NotBindable,
}
