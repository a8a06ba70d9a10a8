namespace Channels.Testing;

/// <summary>What an application may send in which state: the same rules a real server enforces. One object per connection, called under one lock.</summary>
internal class SendRules
{
    /// <summary>Whether an end is final: it trips the scope's token also when it is the application's own, drops what the application has not received, and nothing can be received after its event.</summary>
    public virtual bool EndIsFinal => false;

    /// <summary>Whether the event changes nothing and is passed over in silence.</summary>
    /// <param name="message">What the application sends.</param>
    public virtual bool PassesOver(Event message) => false;

    /// <summary>Whether the last event comes again whenever something is received after it; else that is an error.</summary>
    public virtual bool DisconnectRepeats => false;

    /// <summary>Throws when the event is not legal now, else moves on to the next state.</summary>
    /// <param name="message">What the application sends.</param>
    /// <returns>The event with which a server would end the connection in answer, or null.</returns>
    /// <exception cref="IllegalEventException">The event is not legal in this state.</exception>
    /// <exception cref="ConnectionClosedException">The connection has ended.</exception>
    public virtual Event? Check(Event message) => null;
}
