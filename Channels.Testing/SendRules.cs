namespace Channels.Testing;

/// <summary>What an application may send in which state: the same rules a real server enforces. One object per connection, called under one lock.</summary>
internal class SendRules
{
    /// <summary>Whether the scope's token trips when the application itself ends the connection.</summary>
    public virtual bool EndAborts => false;

    /// <summary>Whether the last event comes again whenever something is received after it; else that is an error.</summary>
    public virtual bool DisconnectRepeats => false;

    /// <summary>Throws when the event is not legal now, else moves on to the next state.</summary>
    /// <param name="message">What the application sends.</param>
    /// <returns>The event with which a server would end the connection in answer, or null.</returns>
    /// <exception cref="IllegalEventException">The event is not legal in this state.</exception>
    public virtual Event? Check(Event message) => null;
}
