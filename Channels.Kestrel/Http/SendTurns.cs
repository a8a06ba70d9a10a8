namespace Channels.Kestrel;

/// <summary>
/// One sender at a time, in the order of arrival; without a queue, entering and leaving cost one interlocked operation
/// each. A base class, because a request is worth every object it does not have.
/// </summary>
internal abstract class SendTurns
{
    private SemaphoreSlim? _turns; // made when senders meet
    private int _senders;          // who sends, and who waits for the turn

    /// <summary>Takes the turn when nobody has it. After success, <see cref="Leave"/>.</summary>
    public bool TryEnter() => Interlocked.CompareExchange(ref _senders, 1, 0) == 0;

    /// <summary>Waits for the turn. After success, <see cref="Leave"/>.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    protected async ValueTask WaitTurnAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _senders) == 1)
        {
            return;
        }

        var turn = Turns().WaitAsync(CancellationToken.None);
        try
        {
            await turn.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            _ = PassOnAsync(turn); // its turn still comes, and goes to the next
            throw;
        }
    }

    /// <summary>Takes the turn, whoever has it now. Afterwards <see cref="Leave"/>.</summary>
    public ValueTask EnterAsync() => TryEnter() ? ValueTask.CompletedTask : WaitTurnAsync(CancellationToken.None);

    private async Task PassOnAsync(Task turn)
    {
        await turn;
        Leave();
    }

    /// <summary>Gives the turn to the next.</summary>
    public void Leave()
    {
        if (Interlocked.Decrement(ref _senders) > 0)
        {
            Turns().Release();
        }
    }

    private SemaphoreSlim Turns() => _turns ?? Interlocked.CompareExchange(ref _turns, new SemaphoreSlim(0), null) ?? _turns;
}
