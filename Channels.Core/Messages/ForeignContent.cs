namespace Channels;

/// <summary>
/// What others have written and we read: they chose it, so what reading it throws is an answer about that content and no
/// failure of who reads it.
/// </summary>
internal static class ForeignContent
{
    /// <summary>
    /// Whether an exception refuses the content that a contract was given, whatever the contract, its converters or the
    /// constructors behind it throw; else it says something about the process itself.
    /// </summary>
    public static bool IsRefusal(Exception error) => error is not OutOfMemoryException;

    /// <summary>Whether a handler has asked a map for what it does not hold.</summary>
    public static bool IsLacking(Exception error) => error is MissingEntryException or WrongKindException;

    /// <summary>The map has no such entry.</summary>
    public sealed class MissingEntryException(string message) : KeyNotFoundException(message);

    /// <summary>The value is of another kind, or a number that does not fit.</summary>
    public sealed class WrongKindException(string message) : InvalidOperationException(message);
}
