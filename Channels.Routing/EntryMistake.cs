namespace Channels.Routing;

/// <summary>
/// The first mistake in a router's entries, kept until the program starts or the router is used. Entries are written at
/// the top of <c>Program.cs</c>, where an exception would end the process with a stack trace before anybody is there
/// who could say it in a sentence.
/// </summary>
internal sealed class EntryMistake
{
    private ArgumentException? _first;

    public void Note(ArgumentException mistake) => _first ??= mistake;

    /// <exception cref="InvalidOperationException">There is one; the message is its.</exception>
    public void ThrowIfAny()
    {
        if (_first is not null)
        {
            throw new InvalidOperationException(_first.Message, _first);
        }
    }
}
