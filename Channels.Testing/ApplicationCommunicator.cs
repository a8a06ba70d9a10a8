namespace Channels.Testing;

/// <summary>
/// Runs an application of any protocol between a queue of input events and a queue of output events. The protocols'
/// own communicators are easier to use where there is one.
/// </summary>
public sealed class ApplicationCommunicator : CommunicatorBase<ApplicationCommunicator>
{
    /// <summary>Makes a communicator; the application is started by the first call that needs it.</summary>
    /// <param name="application">What is tested.</param>
    /// <param name="scope">The facts about the connection.</param>
    public ApplicationCommunicator(Application application, Scope scope)
        : base(application, scope)
    {
    }
}
