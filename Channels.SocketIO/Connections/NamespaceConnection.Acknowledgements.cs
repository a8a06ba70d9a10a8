namespace Channels.SocketIO;

/// <summary>What the client has to acknowledge.</summary>
internal sealed partial class NamespaceConnection
{
    private Acknowledgements? _acknowledgements; // made for the first one: most clients owe none

    private Acknowledgements Acknowledgements => Volatile.Read(ref _acknowledgements)
        ?? Interlocked.CompareExchange(ref _acknowledgements, new(Runtime.Options.MaxWaitingAcknowledgements), null) ?? _acknowledgements;

    /// <summary>The client has answered.</summary>
    public void Answer(long id, SocketIOArguments arguments) => Volatile.Read(ref _acknowledgements)?.Answer(id, arguments);

    /// <summary>Registers for an answer; the id goes with the event.</summary>
    /// <exception cref="InvalidOperationException">Too many answers are waited for already.</exception>
    public Task<SocketIOArguments> Await(long id)
    {
        var answer = Acknowledgements.Add(id);
        if (!IsOpen)
        {
            Acknowledgements.FailAll();
        }

        return answer;
    }

    public long NextAcknowledgementId() => Acknowledgements.NextId();

    public void Forget(long id) => Acknowledgements.Forget(id);
}
