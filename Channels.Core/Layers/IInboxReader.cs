namespace Channels;

/// <summary>Whoever reads an inbox: told once of what comes after it has found nothing.</summary>
internal interface IInboxReader
{
    /// <summary>Something has come. Called on the poster's thread; must return at once.</summary>
    void Wake();

    /// <summary>
    /// The same, on a thread of the pool that has others to tell afterwards: does what can be done without any code of
    /// the application's. False when that was not all; then <see cref="Run"/> must follow.
    /// </summary>
    bool TryPassOn();

    /// <summary>Runs the reader on this thread, which others do not wait for.</summary>
    void Run();

    /// <summary>
    /// <see cref="TryPassOn"/> will be called in a moment: asks the processor for the objects it begins with, and nearer
    /// still for those behind them. Reads only what the step before has asked for.
    /// </summary>
    /// <param name="isNear">False at first, then true.</param>
    void Approach(bool isNear);
}
